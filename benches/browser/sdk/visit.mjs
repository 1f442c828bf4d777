// The scripted visit: the same presses in every page, each awaited until its answer is painted.

/** ms of virtual time after which all that the visit itself began is over: longer than the time-out of any request. */
const SETTLED = 60_000;

export async function openVisit(tab, site, subject) {
  await tab.goto(`${site.origin}/visit/${subject}`);
}

/** Comes, presses, and waits until all that was recorded is sent. */
export async function act(tab, site, subject) {
  await openVisit(tab, site, subject);
  const { page } = tab;
  await page.bringToFront();
  let presses = 0;
  const answered = () => page.evaluate((count) => window.bench.answered(count), ++presses);
  for (const button of ["#add", "#add", "#route", "#add", "#route"]) {
    await page.click(button);
    await answered();
  }
  await page.focus("#add");
  await page.keyboard.press("Enter");
  await answered();
  await page.evaluate(() => window.subject.flush());
}

/** Whatever comes a while after the last press has come. Afterwards the page's time stands still. */
export async function settle(tab) {
  await tab.pass(SETTLED);
}
