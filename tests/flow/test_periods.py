"""Without ``--after`` a run looks at the twelve months that end at the newest scene."""

from datetime import date, timedelta

import pytest
from servers import stac_api

from farmland import flow
from farmland.flow.detect import _scenes_of
from farmland.io import catalog
from farmland.periods import Period
from farmland.plan import Plan


def silent(stage, done, total):
    """Tell nobody."""


@pytest.fixture
def asked(monkeypatch):
    """The periods that were searched."""
    periods = []
    find = catalog.find

    def listening(name, collection, box, period, **more):
        periods.append(period)
        return find(name, collection, box, period, **more)

    monkeypatch.setattr(catalog, "find", listening)
    return periods


def settled(county, api):
    plan = Plan(parcels=county.parcels, catalog=api.url)
    return _scenes_of(plan, flow.read_parcels(plan), silent)


def test_a_catalog_that_is_up_to_date_is_asked_for_its_newest_months_only(county, asked):
    """The record moved to end yesterday, as an archive that grows every day."""
    yesterday = date.today() - timedelta(days=1)
    with stac_api(county.folder) as api:
        days = [date.fromisoformat(item["properties"]["datetime"][:10]) for item in api.items]
        shift = yesterday - max(days)
        for item, day in zip(api.items, days, strict=True):
            moment = item["properties"]["datetime"]
            item["properties"]["datetime"] = f"{day + shift}{moment[10:]}"
        periods, scenes = settled(county, api)
    assert periods.after.end == yesterday
    assert 365 <= periods.after.days <= 366
    assert periods.before.end == periods.after.start - timedelta(days=1)
    assert len(scenes) > 50
    assert asked == [Period(date.today() - timedelta(days=120), date.today()), periods.whole]


def test_an_old_record_is_found_by_widening(county, asked):
    with stac_api(county.folder) as api:
        newest = max(item["properties"]["datetime"][:10] for item in api.items)
        periods, scenes = settled(county, api)
    assert str(periods.after.end) == newest
    assert max(scene.datetime.date() for scene in scenes) == periods.after.end
    spans = [period.days for period in asked[:-1]]
    assert spans == sorted(spans)
    assert asked[-1] == periods.whole


def test_a_record_without_any_scene_is_said(county, asked):
    with stac_api(county.folder) as api:
        api.items.clear()
        with pytest.raises(catalog.NoScenes):
            settled(county, api)
    assert [period.end for period in asked] == [date.today()] * 3
    assert str(asked[-1].start) == "2015-06-01"
