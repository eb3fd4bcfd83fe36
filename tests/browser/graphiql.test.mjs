//! GraphiQL as the server serves it: a query, a token and a subscription, in Chromium.
//!
//! PLUMA_URL names the running server (http://localhost:8000), CHROMIUM the browser
//! (/usr/bin/chromium, Debian's package `chromium`).

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { chromium } from 'playwright-core';

const PLUMA_URL = new URL(process.env.PLUMA_URL ?? 'http://localhost:8000');
if (!PLUMA_URL.pathname.endsWith('/')) PLUMA_URL.pathname += '/';
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const PATIENCE = 20_000;

let browser;

before(async () => {
  // Tests often run as root, in containers, where Chromium's own sandbox cannot start.
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
});

after(() => browser?.close());

describe('GraphiQL', { concurrency: false }, () => {
  test('opens with the examples and runs a query', async (t) => {
    const visit = await open(t);
    const { page } = visit;

    assert.equal(await page.title(), 'Pluma – GraphiQL');
    assert.deepEqual(await page.getByRole('tab').allInnerTexts(), [
      'Welcome',
      'Register',
      'CreateNotebook',
      'SavePage',
      'PageEvents',
    ]);
    await page.getByText('Not signed in').waitFor();

    await visit.execute();
    const { data, errors } = await visit.result((result) => result.data ?? result.errors);
    assert.equal(errors, undefined);
    assert.equal(data.health.state, 'UP');
    assert.ok(Array.isArray(data.notebooks.nodes));

    visit.assertClean();
  });

  test('knows the schema', async (t) => {
    const visit = await open(t);
    const { page } = visit;

    await visit.type('query Typo { helth { state } }', 'Typo');
    await page.waitForFunction(
      () => window.__MONACO.editor.getModelMarkers({}).some(({ message }) => message.includes('helth')),
      null,
      { timeout: PATIENCE },
    );

    visit.assertClean();
  });

  test('leads from signing up to a saved page', async (t) => {
    const visit = await open(t);
    const { page } = visit;
    const { username, input } = newUser();

    await page.getByRole('tab', { name: 'Register' }).click();
    await visit.variables({ register: input });
    await visit.choose('Register');
    await visit.result((result) => result.data?.register?.accessToken);
    await page.getByText(`Signed in as ${username}`).waitFor();

    // The ids of each answer are in the variables of the next step.
    await page.getByRole('tab', { name: 'CreateNotebook' }).click();
    await visit.choose('CreateNotebook');
    const created = await visit.result((result) => result.data?.createNotebook ?? result.errors);
    await visit.holds('variables.json', created.data.createNotebook.notebook.id);
    await visit.choose('CreatePage');
    const drafted = await visit.result((result) => result.data?.createPage ?? result.errors);
    const draft = drafted.data.createPage.page;
    await page.getByRole('tab', { name: 'SavePage' }).click();
    await visit.holds('variables.json', draft.id);
    await visit.holds('variables.json', draft.currentRevision.id);
    await visit.execute();
    const saved = await visit.result((result) => result.data?.savePage ?? result.errors);
    assert.equal(saved.data?.savePage.revision?.kind, 'SAVED', JSON.stringify(saved));

    // Neither the token nor the password may outlive the browser tab.
    const token = await page.getByLabel('Access token').inputValue();
    assert.ok(token);
    const lasting = await page.evaluate(() => JSON.stringify({ ...localStorage }));
    assert.ok(!lasting.includes(token) && !lasting.includes(input.password), lasting);

    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByText('Not signed in').waitFor();
    assert.equal(await page.getByLabel('Access token').inputValue(), '');

    visit.assertClean();
  });

  test('shows the events of a page as it is saved elsewhere', async (t) => {
    const { username, input } = newUser();
    const { accessToken } = await call(
      'mutation($input: RegisterInput!) { register(input: $input) { accessToken errors { code message } } }',
      { input },
    );
    const { notebook } = await call(
      'mutation($input: CreateNotebookInput!) { createNotebook(input: $input) { notebook { id } errors { code message } } }',
      { input: { title: 'Field notes' } },
      accessToken,
    );
    const { page: draft } = await call(
      `mutation($input: CreatePageInput!) {
        createPage(input: $input) { page { id currentRevision { id number } } errors { code message } }
      }`,
      { input: { notebookId: notebook.id, title: 'The harbour', content: 'Fog.\n' } },
      accessToken,
    );
    const save = async (baseRevisionId, content) => {
      const { revision } = await call(
        `mutation($input: SavePageInput!) {
          savePage(input: $input) { revision { id number } errors { code message } }
        }`,
        { input: { pageId: draft.id, baseRevisionId, content } },
        accessToken,
      );
      return revision;
    };

    const visit = await open(t);
    const { page } = visit;
    await page.getByLabel('Access token').fill(accessToken);
    await page.getByLabel('Access token').press('Enter');
    await page.getByText(`Signed in as ${username}`).waitFor();

    await page.getByRole('tab', { name: 'PageEvents' }).click();
    // Catching up from here on: the first save is seen even if it is faster than the subscription.
    await visit.variables({ pageId: draft.id, afterRevision: draft.currentRevision.number });
    const subscribed = page.waitForEvent('websocket', { timeout: PATIENCE });
    await visit.execute();
    const socket = await subscribed;
    assert.equal(new URL(socket.url()).host, PLUMA_URL.host);

    const first = await save(draft.currentRevision.id, 'Fog until noon.\n');
    const seen = (number) =>
      visit.result((result) => result.data?.pageEvents?.revision?.number === number || result.errors);
    let shown = await seen(first.number);
    assert.equal(shown.data?.pageEvents?.kind, 'SAVED', JSON.stringify(shown));

    // The subscription is live by now, so this one comes as it happens.
    const second = await save(first.id, 'Fog until noon, then gulls.\n');
    shown = await seen(second.number);
    assert.equal(shown.data?.pageEvents?.kind, 'SAVED', JSON.stringify(shown));

    const closed = socket.waitForEvent('close', { timeout: PATIENCE });
    await page.getByRole('button', { name: 'Stop query' }).click();
    await closed;

    visit.assertClean();
  });
});

/** A fresh browser session on the page, with GraphiQL ready; it ends with the test. */
async function open(t) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const elsewhere = [];
  const complaints = [];
  const watch = (url) => {
    const { protocol, host } = new URL(url);
    if (!['data:', 'blob:'].includes(protocol) && host !== PLUMA_URL.host) elsewhere.push(url);
  };
  // The context's requests include those of the workers.
  context.on('request', (request) => watch(request.url()));
  page.on('websocket', (socket) => watch(socket.url()));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
  });

  await page.goto(PLUMA_URL.href);
  await page.waitForFunction(
    () =>
      window.__MONACO?.editor.getEditors().length >= 4 &&
      window.__MONACO.editor.getModels().some(({ uri }) => uri.path.endsWith('operation.graphql')),
  );

  const setModel = (name, text) =>
    page.evaluate(
      ([name, text]) =>
        window.__MONACO.editor
          .getModels()
          .find(({ uri }) => uri.path.endsWith(name))
          .setValue(text),
      [name, text],
    );

  const executeButton = page.locator('button[aria-label^="Execute query"]');

  return {
    page,
    /** Runs the only operation of the tab. */
    execute: () => executeButton.and(page.locator(':not([aria-haspopup])')).click(),
    /** Runs one of several operations of the tab. */
    async choose(operationName) {
      await executeButton.and(page.locator('[aria-haspopup="menu"]')).click();
      await page.getByRole('menuitem', { name: operationName }).click();
    },
    /** Waits until the editor of that name has the text in it. */
    holds: (name, text) =>
      page.waitForFunction(
        ([name, text]) =>
          window.__MONACO.editor
            .getModels()
            .find(({ uri }) => uri.path.endsWith(name))
            .getValue()
            .includes(text),
        [name, text],
      ),
    /** Puts `query` into the editor and waits until GraphiQL has read it. */
    async type(query, operationName) {
      await setModel('operation.graphql', query);
      await page.getByRole('tab', { name: operationName, selected: true }).waitFor();
    },
    variables: (variables) => setModel('variables.json', JSON.stringify(variables, null, 2)),
    /** The answer shown, once `wanted` says that it is the one. */
    async result(wanted) {
      const deadline = Date.now() + PATIENCE;
      let text = '';
      while (Date.now() < deadline) {
        text = await page.evaluate(
          () =>
            window.__MONACO.editor
              .getModels()
              .find(({ uri }) => uri.path.endsWith('response.json'))
              ?.getValue() ?? '',
        );
        try {
          const result = JSON.parse(text);
          if (wanted(result)) return result;
        } catch {
          // Nothing is shown yet.
        }
        await page.evaluate(() => new Promise(requestAnimationFrame));
      }
      assert.fail(`the result never came; shown at the end: ${text}`);
    },
    assertClean() {
      assert.deepEqual(elsewhere, [], 'requests to other hosts');
      assert.deepEqual(complaints, [], 'errors in the console');
    },
  };
}

/** Runs a mutation of one field beside the browser, and gives that field's payload. */
async function call(query, variables, token) {
  const response = await fetch(new URL('graphql', PLUMA_URL), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(PATIENCE),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  const [payload] = Object.values(data);
  assert.deepEqual(payload.errors, []);
  return payload;
}

function newUser() {
  const username = `reader${randomBytes(6).toString('hex')}`;
  return {
    username,
    input: { username, email: `${username}@example.com`, password: `correct horse ${username}` },
  };
}
