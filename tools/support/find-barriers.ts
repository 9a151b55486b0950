import axe from 'axe-core'
import type { Page } from 'playwright-core'

/** What axe finds against WCAG 2.1 AA and its best practices, in a world of its own beside the page. */
export async function findBarriers(page: Page): Promise<string[]> {
  const devtools = await page.context().newCDPSession(page)
  const { frameTree } = await devtools.send('Page.getFrameTree')
  const { executionContextId: contextId } = await devtools.send('Page.createIsolatedWorld', {
    frameId: frameTree.frame.id,
    worldName: 'axe',
  })
  await devtools.send('Runtime.evaluate', { expression: axe.source, contextId })
  const { result } = await devtools.send('Runtime.evaluate', {
    expression: `axe
      .run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] })
      .then(({ violations }) => JSON.stringify(violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html }) => id + ': ' + html))))`,
    contextId,
    awaitPromise: true,
    returnByValue: true,
  })
  await devtools.detach()
  return JSON.parse(String(result.value)) as string[]
}
