import { beforeAll, describe, expect, test } from 'vitest'
import { subjects } from '../clients/subjects.ts'
import { findPython } from '../kit/find-python.ts'
import { tryClients } from '../kit/try-clients.ts'
import type { Verdicts } from '../kit/try-clients.ts'

const verdictsOf = new Map<string, Verdicts>()

beforeAll(async () => {
  await tryClients(({ name }, verdicts) => verdictsOf.set(name, verdicts))
}, 300_000)

const skipsPython = process.env['CI'] !== 'true' && !findPython()
if (skipsPython) process.stderr.write('SKIPPED: a client in Python, for want of python3\n')

for (const { name, program, cases } of subjects) {
  describe.skipIf(skipsPython && program.endsWith('.py'))(name, () => {
    for (const [index, { title, defect }] of cases.entries()) {
      test(defect ? `known defect, it ${defect.reason}: ${title}` : title, () => {
        expect(verdictsOf.get(name)?.[index]).toBe(defect ? 'defect' : 'works')
      })
    }
  })
}
