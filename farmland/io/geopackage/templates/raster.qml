{#- A raster in one ramp: what QGIS calls a singleband pseudocolour. -#}
<pipe>
<provider><resampling enabled="false" maxOversampling="2" zoomedInResamplingMethod="nearestNeighbour" zoomedOutResamplingMethod="nearestNeighbour"/></provider>
<rasterrenderer type="singlebandpseudocolor" band="1" opacity="1" alphaBand="-1" nodataColor="" classificationMin="{{ steps[0].value }}" classificationMax="{{ steps[-1].value }}">
<minMaxOrigin><limits>None</limits><extent>WholeRaster</extent><statAccuracy>Estimated</statAccuracy><cumulativeCutLower>0.02</cumulativeCutLower><cumulativeCutUpper>0.98</cumulativeCutUpper><stdDevFactor>2</stdDevFactor></minMaxOrigin>
<rastershader>
<colorrampshader colorRampType="INTERPOLATED" classificationMode="1" clip="0" labelPrecision="2" minimumValue="{{ steps[0].value }}" maximumValue="{{ steps[-1].value }}">
{% for step in steps %}<item value="{{ step.value }}" color="{{ step.colour }}" alpha="255" label="{{ step.label }}"/>
{% endfor %}<rampLegendSettings useContinuousLegend="0" direction="0" orientation="2" minimumLabel="" maximumLabel="" prefix="" suffix=""/>
</colorrampshader>
</rastershader>
</rasterrenderer>
<brightnesscontrast brightness="0" contrast="0" gamma="1"/>
<huesaturation saturation="0" grayscaleMode="0" invertColors="0" colorizeOn="0" colorizeRed="255" colorizeGreen="128" colorizeBlue="128" colorizeStrength="100"/>
<rasterresampler maxOversampling="2"/>
<resamplingStage>resamplingFilter</resamplingStage>
</pipe>
<blendMode>0</blendMode>
