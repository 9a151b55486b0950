import { ref, watchEffect } from 'vue'
import { recall, remember } from './memory.ts'

export const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

const systemIsDark = matchMedia('(prefers-color-scheme: dark)')
const dark = ref(systemIsDark.matches)
systemIsDark.addEventListener('change', (event) => {
  dark.value = event.matches
})

export const theme = ref<Theme>(themes.find((name) => name === recall('theme')) ?? 'system')

export function isDark(): boolean {
  return theme.value === 'system' ? dark.value : theme.value === 'dark'
}

export function chooseTheme(chosen: Theme): void {
  theme.value = chosen
  remember('theme', chosen)
}

/** TDesign's colours follow this attribute. */
export function followTheme(): void {
  watchEffect(() => {
    document.documentElement.setAttribute('theme-mode', isDark() ? 'dark' : 'light')
  })
}
