"use strict";
(() => {
  const place = __PLACE__;
  const wide = Math.max(place.width, document.getElementById("mynetwork").clientWidth);
  // Before the arrows: a band and a title for each agency, at the same place whatever is dragged.
  network.on("beforeDrawing", (pen) => {
    place.lanes.forEach(([name, top, height, colour], number) => {
      pen.fillStyle = number % 2 ? "#ffffff" : "#f4f6f8";
      pen.fillRect(0, top, wide, height);
      pen.fillStyle = colour;
      pen.fillRect(0, top, 6, height);
      pen.fillStyle = "#1a1a1a";
      pen.font = "bold 15px Arial, sans-serif";
      pen.textAlign = "left";
      pen.textBaseline = "middle";
      const words = name.split(" "), lines = [""];
      words.forEach((word) => {
        const longer = (lines.at(-1) + " " + word).trim();
        if (pen.measureText(longer).width > 132 && lines.at(-1)) { lines.push(word); } else { lines[lines.length - 1] = longer; }
      });
      lines.forEach((line, at) => pen.fillText(line, 16, top + height / 2 + (at - (lines.length - 1) / 2) * 18));
    });
  });
  // One canvas pixel per CSS pixel, so that text is never under 14 px.
  const settle = () => {
    const box = document.getElementById("mynetwork");
    network.moveTo({ position: { x: box.clientWidth / 2, y: box.clientHeight / 2 }, scale: 1, animation: false });
  };
  settle();
  window.addEventListener("resize", () => setTimeout(settle, 50));
  // The busiest handoffs first; the number box and the slider are one control.
  const byEnds = new Map(edges.get().map((edge) => [JSON.stringify([edge.from, edge.to]), edge.id]));
  const ids = place.ranked.map(([from, to]) => byEnds.get(JSON.stringify([from, to])));
  const slider = document.getElementById("slider"), number = document.getElementById("number");
  const show = (wish) => {
    const shown = Math.min(Math.max(Math.round(Number(wish) || 0), 0), ids.length);
    edges.update(ids.map((id, at) => ({ id, hidden: at >= shown })));
    slider.value = number.value = String(shown);
    if (!ids.length) { return; }
    const part = place.ranked.slice(0, shown).reduce((sum, [, , handoffs]) => sum + handoffs, 0);
    const words = `${shown} of ${ids.length} handoffs carry ${Math.round(100 * part / place.traffic)}% of the traffic.`;
    document.getElementById("headline").textContent = words;
    document.getElementById("mynetwork").setAttribute("aria-label", words);
  };
  slider.addEventListener("input", () => show(slider.value));
  number.addEventListener("change", () => show(number.value));
  show(number.value);
  document.body.dataset.drawn = "true";
})();
