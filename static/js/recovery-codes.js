// Recovery codes are on the page this once: save them as a text file or print them, without asking the server again.
const list = document.querySelector("[data-codes]");
const save = document.querySelector("[data-codes-save]");
const print = document.querySelector("[data-codes-print]");

if (list && save && print) {
  save.hidden = print.hidden = false;
  save.addEventListener("click", () => {
    const codes = Array.from(list.querySelectorAll("code"), (code) => code.textContent);
    const file = new Blob([`${list.dataset.codes}\n\n${codes.join("\n")}\n`], { type: "text/plain" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = "recovery-codes.txt";
    link.click();
    URL.revokeObjectURL(link.href);
  });
  print.addEventListener("click", () => window.print());
}
