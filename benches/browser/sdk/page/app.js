// The app of the scripted page, and what the bench calls in it. `window.subject` comes from /subject/*.js.
const list = document.querySelector("ul");
let done = 0;
let waiting = () => {};

const finished = () => {
  done++;
  waiting();
};

document.querySelector("#add").addEventListener("click", async () => {
  const answer = await fetch(`/api/items?after=${list.children.length}`);
  for (const { id, title } of await answer.json()) {
    const item = document.createElement("li");
    item.textContent = `${id}: ${title}`;
    list.append(item);
  }
  finished();
});

document.querySelector("#route").addEventListener("click", () => {
  history.pushState(null, "", `/products/${done}`);
  document.querySelector("h1").textContent = `Route ${done}`;
  finished();
});

const until = (condition) =>
  new Promise((resolve) => {
    waiting = () => condition() && resolve();
    waiting();
  });
const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
// Patched by none of the subjects; what follows runs in a task of its own.
const pause = () => scheduler.postTask(() => {});

/** What four attributes of an app's own event look like. */
window.attributesOf = (index) => ({
  "app.item.id": `item-${index % 1000}`,
  "app.item.price": (index * 7) % 10_000,
  "app.list": index % 3 ? "search" : "recommended",
  "http.route": "/products/:id",
});

window.bench = {
  /** So many interactions have been answered, and the frames with the answers painted. */
  async answered(count) {
    await until(() => done >= count);
    await frame();
    await frame();
  },

  /** Records in batches; each is acknowledged before the next begins. */
  async record(batches, size) {
    for (let batch = 0; batch < batches; batch++) {
      for (let index = 0; index < size; index++) window.subject.record(batch * size + index);
      await window.subject.flush();
      await pause();
    }
  },

  /** Flushes of so many events, between two marks; the last one is recorded there, because some seal when it comes. */
  async flushes(times, size) {
    for (let time = 0; time < times; time++) {
      for (let index = 1; index < size; index++) window.subject.record(index);
      await pause();
      performance.mark("flush");
      window.subject.record(0);
      await window.subject.flush();
      performance.mark("flushed");
      await pause();
    }
  },

  /** ms from the navigation to the largest contentful paint. */
  largestPaint: () =>
    new Promise((resolve) => {
      const observer = new PerformanceObserver((entries) => {
        observer.disconnect();
        resolve(entries.getEntries().at(-1).startTime);
      });
      observer.observe({ type: "largest-contentful-paint", buffered: true });
    }),
};
