import { defineComponent } from 'vue'
import { chooseLanguage, language, languages, t } from '../language.ts'
import { chooseTheme, theme, themes, type Theme } from '../theme.ts'
import { showChoice } from './field.tsx'

const themeNames: Readonly<Record<Theme, () => string>> = {
  system: () => t('随系统', 'As the system'),
  light: () => t('浅色', 'Light'),
  dark: () => t('深色', 'Dark'),
}

export const Preferences = defineComponent({
  name: 'Preferences',
  setup: () => () => (
    <div class="preferences">
      {showChoice({
        label: t('语言', 'Language'),
        value: language.value,
        options: [
          { value: 'zh-CN', label: '中文' },
          { value: 'en', label: 'English' },
        ],
        onChoose: (value) => {
          const chosen = languages.find((name) => name === value)
          if (chosen !== undefined) chooseLanguage(chosen)
        },
      })}
      {showChoice({
        label: t('外观', 'Appearance'),
        value: theme.value,
        options: themes.map((value) => ({ value, label: themeNames[value]() })),
        onChoose: (value) => {
          const chosen = themes.find((name) => name === value)
          if (chosen !== undefined) chooseTheme(chosen)
        },
      })}
    </div>
  ),
})
