import { createEmulator, seedWorld, type Emulator } from '@kaimen/emulator'
import { prepareCompiler } from '../../src/compile/compile.ts'
import type { Problem } from '../../src/run/program.ts'
import { createPhone, type Phone, type PhoneOptions } from '../../src/run/phone.ts'
import { sendDirectly } from '../../src/run/send.ts'
import { openWechat } from '../../src/run/wechat.ts'
import { openDocument } from './dom.ts'
import { writeProgram } from './program.ts'

const [{ appid }] = seedWorld.apps
const [{ id: person }] = seedWorld.people

export interface OpenProgram {
  readonly phone: Phone
  readonly emulator: Emulator
  readonly problems: Problem[]
  /** What the program has noted, by `note()` of `/note.js`. */
  log(): unknown[]
  close(): Promise<void>
}

/** A mini program of these files on a phone in a document of its own, its WeChat a real emulator. */
export async function openProgram(
  files: Readonly<Record<string, string>>,
  options: Partial<PhoneOptions> = {},
): Promise<OpenProgram> {
  openDocument()
  const folder = writeProgram({ 'note.js': note, ...files })
  const emulator = await createEmulator({ port: 0 })
  const problems: Problem[] = []
  const place = document.createElement('div')
  document.body.replaceChildren(place)
  const phone = createPhone({
    program: prepareCompiler({ root: folder.root }).compile(),
    place,
    wechat: await openWechat(emulator.url, { appid, person }, fetch),
    send: sendDirectly(fetch),
    shelf: localStorage,
    onProblem: (problem) => problems.push(problem),
    ...options,
  })
  return {
    phone,
    emulator,
    problems,
    log: () => phone.wx.getStorageSync?.<unknown[]>('log') || [],
    async close() {
      phone.close()
      folder.remove()
      await emulator.close()
    },
  }
}

const note = `exports.note = (...words) =>
  wx.setStorageSync('log', [...(wx.getStorageSync('log') || []), words.join(' ')])`
