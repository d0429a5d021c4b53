// A page opened from disk may start no worker, so the search runs in a hidden frame of its own there.
// The file's name is the one by which Zensical knows that it need not fetch such a thing from elsewhere.
(function () {
  if (location.protocol !== "file:") return;

  function FrameWorker(address) {
    const worker = this;
    const frame = document.createElement("iframe");
    const waiting = [];
    worker.onmessage = worker.onerror = null;
    worker.postMessage = (data) => waiting.push(data);
    worker.terminate = () => frame.remove();
    frame.hidden = true;
    frame.addEventListener("load", () => {
      const inside = frame.contentWindow;
      const script = inside.document.createElement("script");
      inside.postMessage = (data) => worker.onmessage && worker.onmessage({ data });
      script.src = new URL(address, location.href).href;
      script.onerror = (event) => worker.onerror && worker.onerror(event);
      script.onload = () => {
        worker.postMessage = (data) => setTimeout(() => inside.onmessage && inside.onmessage({ data }));
        waiting.forEach(worker.postMessage);
      };
      inside.document.body.append(script);
    }, { once: true });
    frame.srcdoc = "<!doctype html><title>Search</title>";
    document.documentElement.append(frame);
  }

  window.Worker = FrameWorker;
})();
