import { createEmulator } from '@kaimen/emulator'
import { prepareCompiler } from '@kaimen/phone'
import { createPhone, openWechat, sendDirectly } from '@kaimen/phone/run'
import { expect, it } from 'vitest'
import { openDocument } from './support/dom.ts'
import { conditions, exampleRoot } from './support/example.ts'

it('a page test is as short as the README has it', async () => {
  openDocument()
  const emulator = await createEmulator({ port: 0 })
  const who = { appid: 'wx0a1b2c3d4e5f0001', person: 'li-hua' }
  const phone = createPhone({
    program: prepareCompiler({ root: exampleRoot, conditions }).compile(),
    place: document.body,
    wechat: await openWechat(emulator.url, who, fetch),
    send: sendDirectly(fetch),
    shelf: localStorage,
  })
  expect(document.querySelector('#sign-in')?.textContent).toBe('登录')
  expect(phone.pages().at(-1)?.data).toMatchObject({ user: null })
  phone.close()
  await emulator.close()
})
