import t from 'tap';
import { launchChromium } from '../fixtures/chromium.ts';
import { testAssets } from './assets.ts';
import { testFigures } from './figures.ts';
import { testForms } from './forms.ts';
import { startHouse } from './house.ts';
import { testLook } from './look.ts';
import { testReading } from './reading.ts';
import { testSigningIn } from './signing-in.ts';

// One Chromium, and one sidecar with what is behind it, for all of the page: to start them takes longer than most of it.
t.setTimeout(120_000);
testReading(t);

t.test('in a real browser', async (t) => {
  const [browser, house] = await Promise.all([launchChromium(), startHouse()]);
  t.teardown(async () => {
    await browser.close();
    await house.close();
  });
  testAssets(t, house);
  testFigures(t, browser, house);
  testForms(t, browser, house);
  testLook(t, browser, house);
  testSigningIn(t, browser);
});
