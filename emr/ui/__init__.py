"""How pages are made: templates, formats, forms, htmx, navigation, and the gallery that shows them."""
