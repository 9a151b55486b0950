import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBench } from '../kit/case.ts'
import type { Bench, Subject } from '../kit/case.ts'
import { findPython } from '../kit/find-python.ts'
import { installClients } from '../kit/install-clients.ts'
import { createEmulator } from '../kit/start-emulator.ts'
import type { Emulator } from '../kit/start-emulator.ts'

/** Every case of a client, as a test; a known defect says so in its title. */
export function tryClient(subject: Subject): void {
  const isPython = subject.program.endsWith('.py')
  if (isPython && process.env['CI'] !== 'true' && !findPython()) {
    console.warn(`SKIPPED: ${subject.name}, since there is no python3 on this machine.`)
    describe.skip(subject.name)
    return
  }
  describe(subject.name, () => {
    let emulator: Emulator
    let bench: Bench

    beforeAll(async () => {
      if (!isPython) await installClients()
      emulator = await createEmulator({ port: 0, tlsPort: 0 })
      bench = openBench(subject, emulator)
    }, 180_000)

    afterAll(async () => {
      await bench.close()
      await emulator.close()
    })

    for (const each of subject.cases) {
      const { title, defect } = each
      test(defect ? `known defect, it ${defect.reason}: ${title}` : title, async () => {
        expect(await bench.judge(each)).toBe(defect ? 'defect' : 'works')
      })
    }
  })
}
