import 'tdesign-vue-next/es/style/index.css'
import './style.css'
import { createApp } from 'vue'
import { App } from './app.tsx'
import { followLanguage } from './language.ts'
import { followTheme } from './theme.ts'

followLanguage()
followTheme()
createApp(App).mount('#app')
