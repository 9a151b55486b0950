import { systemClock } from '@kaimen/server'
import type { Settings } from '../settings.ts'
import { examine } from './examine.ts'
import { say } from './finding.ts'
import { hasFailed, renderJson, renderText, type Language } from './render.ts'

/** As the command takes them. */
export type DoctorOptions = {
  readonly lang?: Language
  readonly json?: true
}

type Environment = Readonly<Record<string, string | undefined>>

/** `kaimen doctor`: says what works, what does not, and how to mend it. Changes nothing. */
export async function doctor(
  settings: Settings,
  { lang, json }: DoctorOptions,
  env: Environment,
): Promise<void> {
  const language = lang ?? chooseLanguage(env)
  const report = await examine(settings, {
    clock: systemClock,
    nodeVersion: process.versions.node,
    timeoutMs: 5000,
    onProgress: (done, of) => showProgress(done, of, language),
  })
  console.log(json ? renderJson(report, language) : renderText(report, language))
  process.exitCode = hasFailed(report) ? 1 : 0
}

/** English where the locale is English, else Chinese. POSIX has LC_ALL win over the others. */
export function chooseLanguage({ LC_ALL, LC_MESSAGES, LANG }: Environment): Language {
  return /^en/i.test(LC_ALL || LC_MESSAGES || LANG || '') ? 'en' : 'zh'
}

/**
 * On standard error, so that standard output is the report alone: one line, rewritten on a
 * terminal.
 */
function showProgress(done: number, of: number, language: Language) {
  const text = say(`Asking WeChat: ${done} of ${of} apps …`, `正在询问微信：${done}/${of} 个应用……`)
  const { stderr } = process
  if (!stderr.isTTY) {
    if (done === 0) stderr.write(`${text[language]}\n`)
    return
  }
  stderr.write(`\r\x1b[2K${done < of ? text[language] : ''}`)
}
