"""Run by the Python that has QGIS: what its form makes of the list of visits, as JSON.

Arguments: the list, a PNG to draw.
"""

import json
import sys

from qgis.core import QgsApplication, QgsMapRendererSequentialJob, QgsMapSettings, QgsVectorLayer
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor


def draw(layer, path):
    view = QgsMapSettings()
    view.setLayers([layer])
    view.setDestinationCrs(layer.crs())
    extent = layer.extent()
    extent.scale(1.15)
    view.setExtent(extent)
    view.setOutputSize(QSize(1000, 800))
    view.setBackgroundColor(QColor("white"))
    job = QgsMapRendererSequentialJob(view)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(path)


def main(path, picture):
    application = QgsApplication([], False)
    application.initQgis()
    layer = QgsVectorLayer(f"{path}|layername=inspection", "inspection", "ogr")
    form = layer.editFormConfig()
    names = [field.name() for field in layer.fields()]
    widgets = {name: layer.editorWidgetSetup(n) for n, name in enumerate(names)}
    layer.startEditing()
    row = next(layer.getFeatures())
    row["verdict"] = "verified"
    saved = layer.updateFeature(row) and layer.commitChanges()
    found = {
        "valid": layer.isValid(),
        "rows": layer.featureCount(),
        "widgets": {name: setup.type() for name, setup in widgets.items()},
        "verdicts": widgets["verdict"].config().get("map"),
        "lands": len(widgets["land_found"].config().get("map") or []),
        "read_only": [name for n, name in enumerate(names) if form.readOnly(n)],
        "tabs": [tab.name() for tab in form.tabs()],
        "legend": [item.label() for item in layer.renderer().legendSymbolItems()],
        "labels": layer.labelsEnabled(),
        "aliases": {field.name(): field.alias() for field in layer.fields()},
        "saved": saved,
    }
    draw(layer, picture)
    sys.stdout.write(json.dumps(found, ensure_ascii=False))
    del layer
    application.exitQgis()


main(sys.argv[1], sys.argv[2])
