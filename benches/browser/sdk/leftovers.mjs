// A page that could not send, and what it leaves in the journal for the next one.

/** Batches left behind, at least. */
const BATCHES = 3;

/** ms by which they seem older than they are: a page's are left alone for two minutes. */
const AGE = 180_000;

/** A page records while the collector cannot be reached, and is closed. */
export async function leaveBehind(tab, site, subject, size) {
  const before = await tab.another();
  await before.goto(`${site.origin}/visit/${subject}`);
  await before.evaluate(() => window.subject.flush());
  site.outage = true;
  const refused = subject === "weft" ? site.hears(1) : undefined;
  await before.evaluate((count) => {
    for (let index = 0; index < count; index++) window.subject.record(index);
  }, BATCHES * size);
  await refused;
  await before.page.close();
  await tab.goto(`${site.origin}/blank`);
  const found = await tab.evaluate(makeOlder, AGE);
  site.outage = false;
  if (subject === "weft" && found < BATCHES) throw new Error(`the journal has ${found} batches, not ${BATCHES}`);
}

/** All of it is taken over and sent. */
export async function untilReplayed(tab, site) {
  for (;;) {
    const heard = site.hears(1);
    if ((await tab.evaluate(() => window.subject.replayed())) >= BATCHES) break;
    await heard;
  }
  await tab.evaluate(() => window.subject.flush());
}

/** In the page: what is in the journal was written so much earlier. The batches in it. */
async function makeOlder(ms) {
  const answered = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const names = (await indexedDB.databases()).map(({ name }) => name);
  if (!names.includes("weft")) return 0;
  const db = await answered(indexedDB.open("weft"));
  const stores = ["batches", "pages"].map((name) => db.transaction(name, "readwrite").objectStore(name));
  const counts = stores.map(async (store) => {
    const all = await answered(store.getAll());
    await Promise.all(all.map((record) => answered(store.put({ ...record, wall: record.wall - ms }))));
    return all.length;
  });
  const [batches] = await Promise.all(counts);
  db.close();
  return batches;
}
