{#- Style and form of the list of visits. QGIS 3.22 reads <prop>, newer versions <Option>: both.
    StorageMode 2: several files in one field, quoted; RelativeStorage 2: beside the list. -#}
{%- macro option(name, value, type="QString") -%}<Option type="{{ type }}" name="{{ name }}" value="{{ value }}"/>{%- endmacro -%}
<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="AllStyleCategories" labelsEnabled="1">
<renderer-v2 type="categorizedSymbol" attr="{{ attribute }}" enableorderby="0" forceraster="0" symbollevels="0" referencescale="-1">
<categories>
{% for entry in entries %}<category value="{{ entry.value }}" label="{{ entry.label }}" symbol="{{ loop.index0 }}" render="true"/>
{% endfor %}</categories>
<symbols>
{% for entry in entries %}<symbol type="fill" name="{{ loop.index0 }}" alpha="1" force_rhr="0" clip_to_extent="1">{% for fill in entry.fills %}<layer class="SimpleFill" enabled="1" locked="0" pass="0">
<Option type="Map">{% for key, value in fill.items() %}{{ option(key, value) }}{% endfor %}</Option>
{% for key, value in fill.items() %}<prop k="{{ key }}" v="{{ value }}"/>{% endfor %}
</layer>{% endfor %}</symbol>
{% endfor %}</symbols>
</renderer-v2>
<labeling type="simple">
<settings calloutType="simple">
<text-style fieldName="{{ label }}" isExpression="1" fontFamily="Sans Serif" fontSize="11" fontSizeUnit="Point" fontWeight="75" textColor="20,20,20,255" textOpacity="1" multilineHeight="1" namedStyle="" allowHtml="0" useSubstitutions="0" blendMode="0">
<text-buffer bufferDraw="1" bufferSize="1" bufferSizeUnits="MM" bufferColor="255,255,255,255" bufferOpacity="1" bufferJoinStyle="128" bufferNoFill="1" bufferBlendMode="0"/>
</text-style>
<text-format multilineAlign="1" wrapChar="" formatNumbers="0" plussign="0" decimals="3"/>
<placement placement="1" priority="8" centroidInside="1" centroidWhole="1" polygonPlacementFlags="2" dist="0" distUnits="MM" quadOffset="4" layerType="PolygonGeometry"/>
<rendering scaleVisibility="0" drawLabels="1" displayAll="1" obstacle="1" obstacleType="1" maxNumLabels="2000" labelPerPart="0" fontLimitPixelSize="0" fontMinPixelSize="3" fontMaxPixelSize="10000" upsidedownLabels="0" zIndex="0" limitNumLabels="0" mergeLines="0" minFeatureSize="0"/>
</settings>
</labeling>
<blendMode>0</blendMode>
<featureBlendMode>0</featureBlendMode>
<layerOpacity>1</layerOpacity>
<fieldConfiguration>
<field name="fid" configurationFlags="None"><editWidget type="Hidden"><config><Option/></config></editWidget></field>
{% for column in columns %}
<field name="{{ column.name }}" configurationFlags="None">
{% if column.name == "photos" %}
<editWidget type="ExternalResource"><config><Option type="Map">{{ option("DocumentViewer", 1, "int") }}{{ option("DocumentViewerHeight", 240, "int") }}{{ option("DocumentViewerWidth", 320, "int") }}{{ option("FileWidget", "true", "bool") }}{{ option("FileWidgetButton", "true", "bool") }}{{ option("FileWidgetFilter", "*.jpg *.jpeg *.JPG *.JPEG *.heic *.HEIC") }}{{ option("RelativeStorage", 2, "int") }}{{ option("StorageMode", 2, "int") }}
<Option type="Map" name="PropertyCollection">{{ option("name", "") }}<Option type="Map" name="properties"><Option type="Map" name="propertyRootPath">{{ option("active", "true", "bool") }}{{ option("expression", "file_path(decode_uri(@layer, 'path'))") }}{{ option("type", 3, "int") }}</Option></Option>{{ option("type", "collection") }}</Option></Option></config></editWidget>
{% elif column.kind == "date" %}
<editWidget type="DateTime"><config><Option type="Map">{{ option("allow_null", "true", "bool") }}{{ option("calendar_popup", "true", "bool") }}{{ option("display_format", "yyyy-MM-dd") }}{{ option("field_format", "yyyy-MM-dd") }}{{ option("field_iso_format", "false", "bool") }}</Option></config></editWidget>
{% elif column.name in ("reason", "note") %}
<editWidget type="TextEdit"><config><Option type="Map">{{ option("IsMultiline", "true", "bool") }}{{ option("UseHtml", "false", "bool") }}</Option></config></editWidget>
{% elif column.meanings %}
<editWidget type="ValueMap"><config><Option type="Map"><Option type="List" name="map">
{% if column.name in filled_in %}<Option type="Map">{{ option("", "{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}") }}</Option>
{% endif %}
{% for code, words in column.meanings.items() %}<Option type="Map">{{ option(words.text(language), code) }}</Option>
{% endfor %}</Option></Option></config></editWidget>
{% else %}
<editWidget type="TextEdit"><config><Option/></config></editWidget>
{% endif %}
</field>
{% endfor %}
</fieldConfiguration>
<aliases>
{% for column in columns %}<alias field="{{ column.name }}" index="{{ loop.index }}" name="{{ column.title.text(language) }}"/>
{% endfor %}</aliases>
<editable>
<field name="fid" editable="0"/>
{% for column in columns %}<field name="{{ column.name }}" editable="{{ 1 if column.name in filled_in else 0 }}"/>
{% endfor %}</editable>
<editorlayout>tablayout</editorlayout>
<attributeEditorForm>
{% for title, names in tabs %}
<attributeEditorContainer name="{{ title.text(language) }}" groupBox="0" columnCount="1" showLabel="1" visibilityExpressionEnabled="0" visibilityExpression="">
{% for name in names %}<attributeEditorField name="{{ name }}" index="-1" showLabel="1"/>
{% endfor %}</attributeEditorContainer>
{% endfor %}
</attributeEditorForm>
<previewExpression>"round" || '-' || "order" || ' ' || "patch_id"</previewExpression>
<mapTip enabled="1"></mapTip>
<layerGeometryType>2</layerGeometryType>
</qgis>
