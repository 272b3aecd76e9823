// A signature drawn on a canvas: its picture goes into the form's hidden field as PNG. Without this script the typed
// name is the signature.

const INK = "#111";

function begin(box) {
  const pad = box.querySelector("canvas");
  const kept = document.getElementById(box.dataset.signature);
  const pen = pad.getContext("2d");
  let drawing = false;
  box.hidden = false;
  pen.lineWidth = 3;
  pen.lineCap = pen.lineJoin = "round";
  pen.strokeStyle = INK;

  const at = (event) => {
    const area = pad.getBoundingClientRect();
    return [((event.clientX - area.left) * pad.width) / area.width, ((event.clientY - area.top) * pad.height) / area.height];
  };
  const clear = () => {
    pen.clearRect(0, 0, pad.width, pad.height);
    kept.value = "";
  };
  pad.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    drawing = true;
    pad.setPointerCapture(event.pointerId);
    pen.beginPath();
    pen.moveTo(...at(event));
  });
  pad.addEventListener("pointermove", (event) => {
    if (!drawing) return;
    pen.lineTo(...at(event));
    pen.stroke();
  });
  for (const name of ["pointerup", "pointercancel"]) {
    pad.addEventListener(name, () => {
      if (!drawing) return;
      drawing = false;
      kept.value = pad.toDataURL("image/png");
    });
  }
  box.querySelector("[data-signature-clear]").addEventListener("click", clear);
  if (kept.value) {
    const picture = new Image();
    picture.addEventListener("load", () => pen.drawImage(picture, 0, 0));
    picture.src = kept.value;
  }
}

for (const box of document.querySelectorAll("[data-signature]")) begin(box);
