import 'tdesign-vue-next/es/style/index.css'
import { createApp } from 'vue'
import { App } from './app.tsx'
import { followLanguage } from './language.ts'
import { followTheme } from './theme.ts'
// Last, so that it comes after the components' own.
import './style.css'

followLanguage()
followTheme()
createApp(App).mount('#app')
