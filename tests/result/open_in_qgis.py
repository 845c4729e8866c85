"""Run by the Python that has QGIS: open a result twice, as layers and as its saved project.

Arguments: the GeoPackage, a PNG to draw. Prints what QGIS found as JSON.
"""

import json
import sys

from qgis.core import (
    QgsApplication,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsProject,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor


def describe(layer):
    renderer = layer.renderer()
    first = next(layer.getFeatures(), None)
    tip = ""
    if first is not None:
        context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
        context.setFeature(first)
        tip = QgsExpression.replaceExpressionText(layer.mapTipTemplate(), context)
    return {
        "valid": layer.isValid(),
        "rows": layer.featureCount(),
        "crs": layer.crs().authid(),
        "renderer": renderer.type() if renderer else "",
        "legend": [item.label() for item in renderer.legendSymbolItems()] if renderer else [],
        "matched": matched(layer, renderer),
        "aliases": {field.name(): field.alias() for field in layer.fields()},
        "widgets": {
            field.name(): layer.editorWidgetSetup(index).type()
            for index, field in enumerate(layer.fields())
        },
        "labels": layer.labelsEnabled(),
        "tip": tip,
    }


def matched(layer, renderer):
    """How many features a category draws."""
    if renderer is None or renderer.type() != "categorizedSymbol":
        return -1
    expression = QgsExpression(renderer.classAttribute())
    known = {category.value() for category in renderer.categories()}
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    count = 0
    for feature in layer.getFeatures():
        context.setFeature(feature)
        count += expression.evaluate(context) in known
    return count


def draw(project, path):
    settings = QgsMapSettings()
    settings.setDestinationCrs(project.crs())
    settings.setTransformContext(project.transformContext())
    shown = [node.layer() for node in project.layerTreeRoot().findLayers() if node.isVisible()]
    settings.setLayers([layer for layer in shown if layer.isSpatial()])
    settings.setOutputSize(QSize(1400, 900))
    settings.setOutputDpi(110)
    settings.setBackgroundColor(QColor("white"))
    settings.setExtent(project.viewSettings().defaultViewExtent())
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(path)


def main(path, picture):
    application = QgsApplication([], False)
    application.initQgis()
    names = ["conversions", "parcels", "overlay", "summary", "accounts", "scenes", "run"]
    layers = [QgsVectorLayer(f"{path}|layername={name}", name, "ogr") for name in names]
    project = QgsProject.instance()
    opened = project.read(f"geopackage:{path}?projectName=farmland")
    found = {
        "layers": {layer.name(): describe(layer) for layer in layers},
        "opened": opened,
        "title": project.title(),
        "crs": project.crs().authid(),
        "project": {layer.id(): describe(layer) for layer in project.mapLayers().values()},
        "styles": layers[0].listStylesInDatabase()[2],
    }
    if opened and picture:
        draw(project, picture)
    sys.stdout.write(json.dumps(found, ensure_ascii=False))
    del layers
    project.clear()
    application.exitQgis()


main(sys.argv[1], sys.argv[2])
