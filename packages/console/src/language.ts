import { ref, watchEffect } from 'vue'
import { recall, remember } from './memory.ts'

export const languages = ['zh-CN', 'en'] as const
type Language = (typeof languages)[number]

/** As remembered, else the first of the browser's that we speak, else Chinese. */
export const language = ref<Language>(
  languages.find((name) => name === recall('language')) ?? preferred(navigator.languages),
)

function preferred(asked: readonly string[]): Language {
  const spoken = asked.map((tag) => tag.toLowerCase().split('-')[0])
  return spoken.find((tag) => tag === 'zh' || tag === 'en') === 'en' ? 'en' : 'zh-CN'
}

export function chooseLanguage(chosen: Language): void {
  language.value = chosen
  remember('language', chosen)
}

export function followLanguage(): void {
  watchEffect(() => {
    document.documentElement.lang = language.value
  })
}

/**
 * The text in the language that is chosen; where it is called in a rendering, it follows the
 * choice.
 */
export function t(zh: string, en: string): string {
  return language.value === 'zh-CN' ? zh : en
}

export function formatNumber(value: number): string {
  return value.toLocaleString(language.value)
}

/** @param instant RFC 3339. @returns In the browser's time zone, to the second. */
export function formatInstant(instant: string): string {
  return new Date(instant).toLocaleString(language.value, {
    dateStyle: 'medium',
    timeStyle: 'medium',
  })
}

const steps = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const

/** @returns Such as `15 min` or `180 days`. */
export function formatSpan(seconds: number): string {
  const [unit, length] =
    steps.find(([, size]) => seconds >= size && seconds % size === 0) ?? (['second', 1] as const)
  return new Intl.NumberFormat(language.value, { style: 'unit', unit, unitDisplay: 'long' }).format(
    seconds / length,
  )
}
