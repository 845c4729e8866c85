"""Run by the Python that has QGIS: what its form makes of the list of visits, as JSON.

Arguments: the list, a PNG to draw.
"""

import json
import os
import sys

from qgis.core import QgsApplication, QgsMapRendererSequentialJob, QgsMapSettings, QgsVectorLayer
from qgis.gui import QgsAttributeForm, QgsExternalResourceWidget, QgsFileWidget, QgsGui
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
    application = QgsApplication([], True)
    application.initQgis()
    QgsGui.editorWidgetRegistry().initEditors()
    layer = QgsVectorLayer(f"{path}|layername=inspection", "inspection", "ogr")
    config = layer.editFormConfig()
    names = [field.name() for field in layer.fields()]
    widgets = {name: layer.editorWidgetSetup(n) for n, name in enumerate(names)}
    layer.startEditing()
    row = next(layer.getFeatures())
    row["verdict"] = "verified"
    layer.updateFeature(row)
    form = QgsAttributeForm(layer, row)
    chooser = form.findChildren(QgsExternalResourceWidget)[0].fileWidget()
    chooser.setFilePath('"a b.jpg" "照片/2.jpg"')
    saved = form.save() and layer.commitChanges()
    found = {
        "valid": layer.isValid(),
        "rows": layer.featureCount(),
        "widgets": {name: setup.type() for name, setup in widgets.items()},
        "verdicts": widgets["verdict"].config().get("map"),
        "lands": len(widgets["land_found"].config().get("map") or []),
        "read_only": [name for n, name in enumerate(names) if config.readOnly(n)],
        "tabs": [tab.name() for tab in config.tabs()],
        "legend": [item.label() for item in layer.renderer().legendSymbolItems()],
        "labels": layer.labelsEnabled(),
        "aliases": {field.name(): field.alias() for field in layer.fields()},
        "saved": saved,
        "several": chooser.storageMode() == QgsFileWidget.GetMultipleFiles,
        "beside": chooser.defaultRoot(),
        "photos": next(layer.getFeatures())["photos"],
    }
    draw(layer, picture)
    sys.stdout.write(json.dumps(found, ensure_ascii=False))
    sys.stdout.flush()
    os._exit(0)  # QGIS may fall over its own forms when it is taken down


main(sys.argv[1], sys.argv[2])
