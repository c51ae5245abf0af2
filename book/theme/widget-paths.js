// Tell the widget loader where this book keeps its modules; without this it would ask a server on the network.
(() => {
  const here = document.currentScript.src;
  const beside = (name) => new URL(name, here).href;
  window.require.config({
    paths: {
      anywidget: beside("anywidget"),
      // these two are in embed-amd.js already; the path tells them where their icon fonts are
      "@jupyter-widgets/html-manager": beside("html-manager/embed-amd"),
      "@jupyter-widgets/html-manager/dist": beside("html-manager"),
    },
  });
})();

// Widgets ask for MathJax by the name its second version had; the book carries the third.
window.addEventListener("load", () => {
  const mathjax = window.MathJax;
  if (mathjax && !mathjax.Hub) {
    mathjax.Hub = { Queue: ([, , element]) => mathjax.startup.promise.then(() => mathjax.typesetPromise([element])) };
  }
});
