{#- Three bands as a picture, on one fixed stretch: composites of different months compare. -#}
{%- macro stretch(name) -%}
<{{ name }}ContrastEnhancement><minValue>0</minValue><maxValue>{{ top }}</maxValue><algorithm>StretchToMinimumMaximum</algorithm></{{ name }}ContrastEnhancement>
{%- endmacro -%}
<pipe>
<provider><resampling enabled="false" maxOversampling="2" zoomedInResamplingMethod="nearestNeighbour" zoomedOutResamplingMethod="nearestNeighbour"/></provider>
<rasterrenderer type="multibandcolor" redBand="{{ bands[0] }}" greenBand="{{ bands[1] }}" blueBand="{{ bands[2] }}" opacity="1" alphaBand="-1" nodataColor="">
<minMaxOrigin><limits>None</limits><extent>WholeRaster</extent><statAccuracy>Estimated</statAccuracy><cumulativeCutLower>0.02</cumulativeCutLower><cumulativeCutUpper>0.98</cumulativeCutUpper><stdDevFactor>2</stdDevFactor></minMaxOrigin>
{{ stretch("red") }}
{{ stretch("green") }}
{{ stretch("blue") }}
</rasterrenderer>
<brightnesscontrast brightness="0" contrast="0" gamma="1"/>
<huesaturation saturation="0" grayscaleMode="0" invertColors="0" colorizeOn="0" colorizeRed="255" colorizeGreen="128" colorizeBlue="128" colorizeStrength="100"/>
<rasterresampler maxOversampling="2"/>
<resamplingStage>resamplingFilter</resamplingStage>
</pipe>
<blendMode>0</blendMode>
