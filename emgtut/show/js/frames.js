// Shows one picture of a series. Safe to run again: a slider that is ready is left alone.
for (const root of document.querySelectorAll(".emg-frames:not([data-ready])")) {
  root.dataset.ready = "yes";
  const slider = root.querySelector("input[type=range]");
  const pictures = root.querySelectorAll(".emg-frame");
  const show = () => {
    const { value, text } = pictures[slider.value].dataset;
    pictures.forEach((picture, place) => (picture.hidden = place !== Number(slider.value)));
    root.dataset.value = value;
    root.querySelector(".emg-frames-value").textContent = text;
    slider.setAttribute("aria-valuetext", text);
  };
  slider.addEventListener("input", show);
  show();
}
