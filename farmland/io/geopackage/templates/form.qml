{#- The attribute form of a layer: also the field of its picture, which QGIS reckons. -#}
{% if form.picture %}
<expressionfields><field name="{{ picture }}" type="10" subType="0" typeName="" length="0" precision="0" comment="" expression="{{ form.picture }}"/></expressionfields>
<attributetableconfig actionWidgetStyle="dropDown" sortExpression="" sortOrder="0"><columns><column type="field" name="{{ picture }}" hidden="1" width="-1"/></columns></attributetableconfig>
<editable><field name="{{ picture }}" editable="0"/></editable>
{% endif %}
{% if form.tabs %}
<editorlayout>tablayout</editorlayout>
<attributeEditorForm>
{% for tab in form.tabs %}
<attributeEditorContainer name="{{ tab.title.text(language) }}" type="Tab" groupBox="0" columnCount="1" showLabel="1" collapsed="0" collapsedExpression="" collapsedExpressionEnabled="0" visibilityExpression="" visibilityExpressionEnabled="0">
{% for group in tab.groups %}
<attributeEditorContainer name="{{ group.title.text(language) }}" type="GroupBox" groupBox="1" columnCount="{{ 1 if group.wide else 2 }}" showLabel="1" collapsed="0" collapsedExpression="" collapsedExpressionEnabled="0" visibilityExpression="" visibilityExpressionEnabled="0">
{% for name in group.columns %}<attributeEditorField name="{{ name }}" showLabel="{{ 0 if group.wide else 1 }}"/>
{% endfor %}
</attributeEditorContainer>
{% endfor %}
</attributeEditorContainer>
{% endfor %}
</attributeEditorForm>
{% endif %}
