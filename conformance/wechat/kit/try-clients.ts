import { subjects } from '../clients/subjects.ts'
import { openBench } from './case.ts'
import type { Subject, Verdict } from './case.ts'
import { findPython } from './find-python.ts'
import { installClients } from './install-clients.ts'
import { createEmulator } from './start-emulator.ts'

/** What came of each case, in the order of the cases; `no_python` if the client cannot run here. */
export type Verdicts = readonly Verdict[] | 'no_python'

/**
 * Tries every client, each against an emulator of its own, after installing what is missing.
 *
 * @param onTried Called as each client has been tried.
 * @throws If the clients cannot be installed.
 */
export async function tryClients(
  onTried: (subject: Subject, verdicts: Verdicts) => void,
): Promise<void> {
  await installClients()
  const waiting = [...subjects]
  // Several at once, since most of the time is spent on waiting for clients to give up.
  const next = async (): Promise<void> => {
    const subject = waiting.shift()
    if (!subject) return
    onTried(subject, await tryClient(subject))
    return next()
  }
  await Promise.all([next(), next(), next(), next()])
}

async function tryClient(subject: Subject): Promise<Verdicts> {
  if (subject.program.endsWith('.py') && !findPython()) return 'no_python'
  const emulator = await createEmulator({ port: 0, tlsPort: 0 })
  const bench = openBench(subject, emulator)
  const verdicts: Verdict[] = []
  for (const each of subject.cases) verdicts.push(await bench.judge(each))
  await bench.close()
  await emulator.close()
  return verdicts
}
