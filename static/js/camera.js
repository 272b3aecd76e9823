// The camera: a frame becomes the file of a field, as if it had been chosen. Nothing is kept in the browser.
const form = document.querySelector("form[data-camera]");
const part = form?.querySelector("[data-camera-part]");
const video = form?.querySelector("[data-camera-video]");
const said = form?.querySelector("[data-camera-said]");
const start = form?.querySelector("[data-camera-start]");
const stop = form?.querySelector("[data-camera-stop]");
const slots = [...(form?.querySelectorAll("[data-camera-slot]") ?? [])];
const takers = slots.map((slot) => slot.querySelector("[data-camera-take]"));
let stream = null;

const REFUSED = {
  NotAllowedError: "The browser was not allowed to use the camera. Allow it beside the address, or choose a file.",
  NotFoundError: "No camera is connected. Choose a file instead.",
  NotReadableError: "Another program is using the camera. Close it and try again, or choose a file.",
};

function show(on) {
  start.hidden = on;
  stop.hidden = !on;
  video.hidden = !on;
  for (const taker of takers) taker.hidden = !on;
}

async function turnOn() {
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1920 }, height: { ideal: 1080 } } });
    video.srcObject = stream;
    await video.play();
    show(true);
    said.textContent = "The camera is on.";
    takers.find((taker) => !taker.hidden)?.focus();
  } catch (error) {
    said.textContent = REFUSED[error.name] ?? "The camera can't be used. Choose a file instead.";
  }
}

function turnOff() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  video.srcObject = null;
  show(false);
  said.textContent = "The camera is off.";
}

function preview(slot, picture, width, height) {
  const canvas = slot.querySelector("[data-camera-canvas]");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").drawImage(picture, 0, 0, width, height);
  canvas.hidden = false;
  slot.querySelector("[data-camera-old]").hidden = true;
  return canvas;
}

function take(slot, index) {
  const input = document.getElementById(slot.dataset.cameraSlot);
  preview(slot, video, video.videoWidth, video.videoHeight).toBlob(
    (blob) => {
      const files = new DataTransfer();
      files.items.add(new File([blob], `${input.name}.jpg`, { type: "image/jpeg" }));
      input.files = files.files;
      said.textContent = "The picture is taken. It is kept when you press “Keep pictures”.";
      (takers[index + 1] ?? form.querySelector(".form-actions .btn-primary")).focus();
    },
    "image/jpeg",
    0.9,
  );
}

async function chosen(slot, input) {
  const file = input.files[0];
  if (!file?.type.startsWith("image/")) return;
  try {
    const picture = await createImageBitmap(file);
    preview(slot, picture, picture.width, picture.height);
  } catch {
    // No picture that this browser can read: the server says what is wrong with it.
  }
}

if (part && navigator.mediaDevices?.getUserMedia) {
  part.hidden = false;
  show(false);
  start.addEventListener("click", turnOn);
  stop.addEventListener("click", turnOff);
  window.addEventListener("pagehide", turnOff);
  takers.forEach((taker, index) => taker.addEventListener("click", () => take(slots[index], index)));
}
for (const slot of slots) {
  const input = document.getElementById(slot.dataset.cameraSlot);
  input.addEventListener("change", () => chosen(slot, input));
}
