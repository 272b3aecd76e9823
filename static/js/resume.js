// Sends on what was held while one proved who one is. Its button does the same without a script.
const form = document.querySelector("form[data-resume]");
// A field may be called "submit" or "requestSubmit": take the form's own method.
if (form) HTMLFormElement.prototype.requestSubmit.call(form);
