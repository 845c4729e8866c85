"""Run by the Python that has QGIS: draw what a result looks like there.

Arguments: the GeoPackage, a folder for the pictures, then which: ``map``, ``layer:<id>``,
``layout:<n>`` (with ``:<patch>`` for a page of an atlas), ``form:<table>:<tab>``. Prints as JSON
what was drawn, what the forms showed, and which files lay in the folder while the project was open.
"""

import json
import os
import sys
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsLayoutExporter,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsProject,
    QgsVectorLayer,
)
from qgis.gui import QgsAttributeForm, QgsExternalResourceWidget, QgsGui
from qgis.PyQt.QtCore import QEventLoop, QSize, QTimer
from qgis.PyQt.QtGui import QColor, QFont
from qgis.PyQt.QtWidgets import QLabel, QTabWidget

DPI = 96


def of_map(project, layers, path):
    settings = QgsMapSettings()
    settings.setDestinationCrs(project.crs())
    settings.setTransformContext(project.transformContext())
    settings.setLayers(layers)
    settings.setOutputSize(QSize(1400, 900))
    settings.setOutputDpi(110)
    settings.setBackgroundColor(QColor("white"))
    settings.setExtent(project.viewSettings().defaultViewExtent())
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(path)


def visible(project):
    nodes = project.layerTreeRoot().layerOrder()
    shown = {node.layerId() for node in project.layerTreeRoot().findLayers() if node.isVisible()}
    return [layer for layer in nodes if layer.id() in shown and layer.isSpatial()]


def of_layout(project, number, patch, path):
    layout = sorted(project.layoutManager().printLayouts(), key=lambda each: each.atlas().enabled())[
        number
    ]
    settings = QgsLayoutExporter.ImageExportSettings()
    settings.dpi = DPI
    atlas = layout.atlas()
    if atlas.enabled():
        atlas.beginRender()
        for page in range(atlas.count()):
            atlas.seekTo(page)
            if not patch or atlas.currentFilename() == patch:
                break
    result = QgsLayoutExporter(layout).exportToImage(path, settings)
    if atlas.enabled():
        atlas.endRender()
    return {"name": layout.name(), "ok": result == QgsLayoutExporter.Success, "pages": atlas.count()}


def of_form(path, table, tab, picture):
    """The form of the first feature of a layer that is opened alone, as a default style shows it."""
    layer = QgsVectorLayer(f"{path}|layername={table}", table, "ogr")
    form = QgsAttributeForm(layer, next(layer.getFeatures()))
    form.resize(1120, 640)
    form.show()
    tabs = form.findChildren(QTabWidget)[0]
    tabs.setCurrentIndex(tab)
    wait(600)
    form.grab().save(picture)
    chips = form.findChildren(QgsExternalResourceWidget)
    drawn = [
        label.pixmap().width()
        for chip in chips
        for label in chip.findChildren(QLabel)
        if label.pixmap() is not None and not label.pixmap().isNull()
    ]
    return {
        "tabs": [tabs.tabText(index) for index in range(tabs.count())],
        "chips": [chip.documentPath() for chip in chips],
        "drawn": drawn,
        "labels": sorted({label.text() for label in form.findChildren(QLabel) if label.text()}),
    }


def wait(milliseconds):
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec_()


def main(path, folder, wanted):
    application = QgsApplication([], True)
    application.initQgis()
    application.setFont(QFont("Noto Sans CJK SC", 10))
    QgsGui.editorWidgetRegistry().initEditors()
    project = QgsProject.instance()
    opened = project.read(f"geopackage:{path}?projectName=farmland")
    root = project.layerTreeRoot()
    found = {
        "opened": opened,
        "tree": {
            group.name(): [
                [node.layerId(), node.isVisible()] for node in group.findLayers()
            ]
            for group in root.children()
        },
        "layouts": [layout.name() for layout in project.layoutManager().printLayouts()],
        "beside": sorted(os.listdir(Path(path).parent)),
        "drawn": {},
    }
    for name in wanted:
        kind, *rest = name.split(":")
        picture = str(Path(folder) / (name.replace(":", "-") + ".png"))
        if kind == "map":
            found["drawn"][name] = of_map(project, visible(project), picture)
        elif kind == "layer":
            found["drawn"][name] = of_map(project, [project.mapLayer(rest[0])], picture)
        elif kind == "layout":
            patch = rest[1] if len(rest) > 1 else ""
            found["drawn"][name] = of_layout(project, int(rest[0]), patch, picture)
        else:
            found["drawn"][name] = of_form(path, rest[0], int(rest[1]), picture)
    sys.stdout.write(json.dumps(found, ensure_ascii=False))
    sys.stdout.flush()
    os._exit(0)  # QGIS may fall over its own layouts when it is taken down


main(sys.argv[1], sys.argv[2], sys.argv[3:])
