{#- One layer style. QGIS 3.22 reads <prop>, newer versions read <Option>: both are written. -#}
{%- macro fill(properties, width="") -%}
<layer class="SimpleFill" enabled="1" locked="0" pass="0">
<Option type="Map">{% for key, value in properties.items() %}<Option type="QString" name="{{ key }}" value="{{ value }}"/>{% endfor %}</Option>
{% for key, value in properties.items() %}<prop k="{{ key }}" v="{{ value }}"/>{% endfor %}
{% if width %}<data_defined_properties><Option type="Map"><Option type="QString" name="name" value=""/><Option type="Map" name="properties"><Option type="Map" name="outlineWidth"><Option type="bool" name="active" value="true"/><Option type="QString" name="expression" value="{{ width }}"/><Option type="int" name="type" value="3"/></Option></Option><Option type="QString" name="type" value="collection"/></Option></data_defined_properties>{% endif %}
</layer>
{%- endmacro -%}
{%- macro symbol(name, fills, width="", opacity="") -%}
<symbol type="fill" name="{{ name }}" alpha="1" force_rhr="0" clip_to_extent="1">{% if opacity %}<data_defined_properties><Option type="Map"><Option type="QString" name="name" value=""/><Option type="Map" name="properties"><Option type="Map" name="alpha"><Option type="bool" name="active" value="true"/><Option type="QString" name="expression" value="{{ opacity }}"/><Option type="int" name="type" value="3"/></Option></Option><Option type="QString" name="type" value="collection"/></Option></data_defined_properties>{% endif %}{% for properties in fills %}{{ fill(properties, width) }}{% endfor %}</symbol>
{%- endmacro -%}
{#- A thin line from a label that stands outside to its patch. -#}
{%- macro leader() -%}
<symbol type="line" name="leader" alpha="1" force_rhr="0" clip_to_extent="1"><layer class="SimpleLine" enabled="1" locked="0" pass="0"><Option type="Map"><Option type="QString" name="line_color" value="38,38,38,255"/><Option type="QString" name="line_width" value="0.2"/><Option type="QString" name="line_width_unit" value="MM"/></Option><prop k="line_color" v="38,38,38,255"/><prop k="line_width" v="0.2"/><prop k="line_width_unit" v="MM"/></layer></symbol>
{%- endmacro -%}
{% if style.symbols %}
<renderer-v2 type="categorizedSymbol" attr="{{ style.attribute }}" enableorderby="0" forceraster="0" symbollevels="0" referencescale="-1">
<categories>
{% for entry in style.symbols %}<category value="{{ entry.value }}" label="{{ entry.label }}" symbol="{{ loop.index0 }}" render="true"/>
{% endfor %}</categories>
<symbols>
{% for entry in style.symbols %}{{ symbol(loop.index0, entry.fills, style.width, style.opacity) }}
{% endfor %}</symbols>
</renderer-v2>
{% elif style.rules %}
<renderer-v2 type="RuleRenderer" enableorderby="0" forceraster="0" symbollevels="0" referencescale="-1">
<rules key="{farmland-rules}">
{% for entry in style.rules %}<rule key="{farmland-rule-{{ loop.index }}}" filter="{{ entry.value }}" label="{{ entry.label }}" symbol="{{ loop.index0 }}"/>
{% endfor %}</rules>
<symbols>
{% for entry in style.rules %}{{ symbol(loop.index0, entry.fills) }}
{% endfor %}</symbols>
</renderer-v2>
{% elif style.outline %}
<renderer-v2 type="singleSymbol" enableorderby="0" forceraster="0" symbollevels="0" referencescale="-1">
<symbols>{{ symbol(0, [style.outline]) }}</symbols>
</renderer-v2>
{% endif %}
{% if style.label %}
<labeling type="simple">
<settings calloutType="simple">
<text-style fieldName="{{ style.label }}" isExpression="1" fontFamily="{{ fonts[0] }}" fontSize="7.5" fontSizeUnit="Point" fontWeight="63" namedStyle="Medium" textColor="38,38,38,255" textOpacity="1" multilineHeight="1" allowHtml="0" useSubstitutions="0" blendMode="0">
<families>{% for font in fonts %}<family name="{{ font }}"/>{% endfor %}</families>
<text-buffer bufferDraw="1" bufferSize="0.8" bufferSizeUnits="MM" bufferColor="255,255,255,255" bufferOpacity="0.9" bufferJoinStyle="128" bufferNoFill="1" bufferBlendMode="0"/>
</text-style>
<text-format multilineAlign="1" wrapChar="" formatNumbers="0" plussign="0" decimals="3"/>
<placement placement="4" priority="8" centroidInside="1" centroidWhole="1" polygonPlacementFlags="3" dist="0.7" distUnits="MM" quadOffset="4" layerType="PolygonGeometry"/>
<rendering scaleVisibility="1" scaleMin="0" scaleMax="40000" drawLabels="1" displayAll="0" obstacle="1" obstacleType="0" maxNumLabels="2000" labelPerPart="0" fontLimitPixelSize="0" fontMinPixelSize="3" fontMaxPixelSize="10000" upsidedownLabels="0" zIndex="0" limitNumLabels="0" mergeLines="0" minFeatureSize="0"/>
<callout type="simple"><Option type="Map"><Option type="QString" name="anchorPoint" value="pole_of_inaccessibility"/><Option type="QString" name="labelAnchorPoint" value="point_on_exterior"/><Option type="bool" name="drawToAllParts" value="false"/><Option type="QString" name="enabled" value="1"/><Option type="QString" name="lineSymbol" value="{{ leader()|forceescape }}"/><Option type="double" name="minLength" value="1.5"/><Option type="QString" name="minLengthUnit" value="MM"/></Option></callout>
</settings>
</labeling>
{% endif %}
<blendMode>0</blendMode>
<featureBlendMode>0</featureBlendMode>
<layerOpacity>1</layerOpacity>
<fieldConfiguration>
{% for column in columns %}
<field name="{{ column.name }}" configurationFlags="None">
{% if column.meanings %}
<editWidget type="ValueMap"><config><Option type="Map"><Option type="List" name="map">
{% for code, words in column.meanings.items() %}<Option type="Map"><Option type="QString" name="{{ words.text(language) }}" value="{{ code }}"/></Option>
{% endfor %}</Option></Option></config></editWidget>
{% elif column.name in long %}
<editWidget type="TextEdit"><config><Option type="Map"><Option type="bool" name="IsMultiline" value="true"/><Option type="bool" name="UseHtml" value="false"/></Option></config></editWidget>
{% else %}
<editWidget type=""><config><Option/></config></editWidget>
{% endif %}
</field>
{% endfor %}
{% if form.picture %}
<field name="{{ picture }}" configurationFlags="None"><editWidget type="ExternalResource"><config><Option type="Map"><Option type="int" name="DocumentViewer" value="1"/><Option type="int" name="DocumentViewerHeight" value="0"/><Option type="int" name="DocumentViewerWidth" value="0"/><Option type="bool" name="FileWidget" value="false"/><Option type="bool" name="FileWidgetButton" value="false"/><Option type="int" name="RelativeStorage" value="0"/><Option type="int" name="StorageMode" value="0"/><Option type="bool" name="UseLink" value="false"/></Option></config></editWidget></field>
{% endif %}
</fieldConfiguration>
<aliases>
{% for column in columns %}<alias field="{{ column.name }}" index="{{ loop.index }}" name="{{ column.title.text(language) }}"/>
{% endfor %}{% if form.picture %}<alias field="{{ picture }}" index="{{ columns|length + 1 }}" name="{{ picture_title }}"/>
{% endif %}</aliases>
{% include "form.qml" %}
<previewExpression>{{ style.preview }}</previewExpression>
<mapTip enabled="1">{{ style.tip }}</mapTip>
