"""Run by the Python that has QGIS: draw what a result looks like there.

Arguments: the GeoPackage, a folder for the pictures, then which: ``map``, ``window`` (with
``:<patch>`` around that one), ``layer:<id>``, ``layout:<number>`` (with ``:<patch>``
for a page of an atlas), ``form:<table>:<tab>`` (with ``:<patch>`` for that one, else the first).
Prints as JSON what was drawn, what the forms showed, and which files lay in the folder while the
project was open.
"""

import json
import os
import sys
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsCoordinateTransform,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsLayerTreeModel,
    QgsLayoutExporter,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.gui import (
    QgsAttributeForm,
    QgsExternalResourceWidget,
    QgsGui,
    QgsLayerTreeView,
    QgsMapCanvas,
)
from qgis.PyQt.QtCore import QEventLoop, QSize, Qt, QTimer, QUrl
from qgis.PyQt.QtGui import QColor, QFont
from qgis.PyQt.QtWidgets import QLabel, QLineEdit, QSplitter, QTabWidget

DPI = 96


def address(path):
    """Of the saved project, as QGIS makes it when somebody picks the file."""
    url = QUrl()
    url.setScheme("geopackage")
    url.setPath(path)
    url.setQuery("projectName=farmland")
    return url.toString(QUrl.FullyEncoded)


def of_map(project, layers, extent, path):
    settings = QgsMapSettings()
    settings.setDestinationCrs(project.crs())
    settings.setTransformContext(project.transformContext())
    settings.setLabelingEngineSettings(project.labelingEngineSettings())
    settings.setLayers(layers)
    settings.setOutputSize(QSize(1400, 900))
    settings.setOutputDpi(110)
    settings.setBackgroundColor(QColor("white"))
    settings.setExtent(extent)
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(path)


def whole(project, layer):
    """All of a layer, with a margin."""
    way = QgsCoordinateTransform(layer.crs(), project.crs(), project)
    extent = way.transformBoundingBox(layer.extent())
    extent.scale(1.05)
    return extent


def visible(project):
    nodes = project.layerTreeRoot().layerOrder()
    shown = {node.layerId() for node in project.layerTreeRoot().findLayers() if node.isVisible()}
    return [layer for layer in nodes if layer.id() in shown and layer.isSpatial()]


def of_layout(project, number, patch, path):
    layouts = project.layoutManager().printLayouts()
    layout = sorted(layouts, key=lambda each: each.atlas().enabled())[number]
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
    done = result == QgsLayoutExporter.Success
    bar = layout.itemById("bar")
    return {
        "name": layout.name(),
        "done": done,
        "pages": atlas.count(),
        "bar": bar.rect().width() if bar else 0,
    }


def of_window(project, patch, path):
    """The tree of layers beside the map, made of the widgets that QGIS itself puts there."""
    window = QSplitter(Qt.Horizontal)
    model = QgsLayerTreeModel(project.layerTreeRoot())
    for flag in (QgsLayerTreeModel.ShowLegend, QgsLayerTreeModel.AllowNodeChangeVisibility):
        model.setFlag(flag)
    tree = QgsLayerTreeView()
    tree.setModel(model)
    canvas = QgsMapCanvas()
    canvas.setDestinationCrs(project.crs())
    canvas.setLabelingEngineSettings(project.labelingEngineSettings())
    canvas.setLayers(visible(project))
    for widget in (tree, canvas):
        window.addWidget(widget)
    window.resize(1500, 860)
    window.setSizes([460, 1040])
    window.show()
    wait(300)
    canvas.setExtent(near(project, patch) if patch else project.viewSettings().defaultViewExtent())
    canvas.refresh()
    canvas.waitWhileRendering()
    wait(1500)
    window.grab().save(path)


def near(project, patch):
    """The map around a patch, some fields on each side."""
    layer = project.mapLayer("farmland_conversions")
    extent = next(layer.getFeatures(f"\"patch_id\" = '{patch}'")).geometry().boundingBox()
    way = QgsCoordinateTransform(layer.crs(), project.crs(), project)
    centre = way.transformBoundingBox(extent).center()
    return QgsRectangle(centre.x() - 500, centre.y() - 415, centre.x() + 500, centre.y() + 415)


def of_form(path, table, tab, patch, picture):
    """The form of a patch in a layer opened alone, as the default style shows it."""
    layer = QgsVectorLayer(f"{path}|layername={table}", table, "ogr")
    wanted = layer.getFeatures(f"\"patch_id\" = '{patch}'") if patch else layer.getFeatures()
    form = QgsAttributeForm(layer, next(wanted))
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
        "tip": tip(layer),
        "tabs": [tabs.tabText(index) for index in range(tabs.count())],
        "chips": [chip.documentPath() for chip in chips],
        "drawn": drawn,
        "texts": sorted({line.text() for line in form.findChildren(QLineEdit) if line.text()}),
    }


def tip(layer):
    """The map tip of the first feature."""
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    context.setFeature(next(layer.getFeatures()))
    return QgsExpression.replaceExpressionText(layer.mapTipTemplate(), context)


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
    opened = project.read(address(path))
    root = project.layerTreeRoot()
    found = {
        "opened": opened,
        "valid": all(layer.isValid() for layer in project.mapLayers().values()),
        "tree": {
            group.name(): [[node.layerId(), node.isVisible()] for node in group.findLayers()]
            for group in root.children()
        },
        "layouts": [layout.name() for layout in project.layoutManager().printLayouts()],
        "beside": sorted(entry.name for entry in Path(path).parent.iterdir()),
        "drawn": {},
    }
    for name in wanted:
        kind, *rest = name.split(":")
        picture = str(Path(folder) / (name.replace(":", "-") + ".png"))
        if kind == "map":
            extent = project.viewSettings().defaultViewExtent()
            found["drawn"][name] = of_map(project, visible(project), extent, picture)
        elif kind == "window":
            found["drawn"][name] = of_window(project, "".join(rest), picture)
        elif kind == "layer":
            layer = project.mapLayer(rest[0])
            found["drawn"][name] = of_map(project, [layer], whole(project, layer), picture)
        elif kind == "layout":
            patch = rest[1] if len(rest) > 1 else ""
            found["drawn"][name] = of_layout(project, int(rest[0]), patch, picture)
        else:
            found["drawn"][name] = of_form(path, rest[0], int(rest[1]), "".join(rest[2:]), picture)
    sys.stdout.write(json.dumps(found, ensure_ascii=False))
    sys.stdout.flush()
    os._exit(0)  # QGIS may fall over its own layouts when it is taken down


main(sys.argv[1], sys.argv[2], sys.argv[3:])
