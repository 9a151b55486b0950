import { ConfigProvider, type GlobalConfigProvider } from 'tdesign-vue-next'
import enUs from 'tdesign-vue-next/es/locale/en_US.mjs'
import zhCn from 'tdesign-vue-next/es/locale/zh_CN.mjs'
import {
  computed,
  defineComponent,
  h,
  nextTick,
  onMounted,
  shallowRef,
  watch,
  watchEffect,
} from 'vue'
import { hearSessionEnd } from './api.ts'
import { asFailure, type Failure } from './failure.ts'
import { language, t } from './language.ts'
import { findPage } from './pages.ts'
import { Asking } from './parts/ask.tsx'
import { Notices, putAway, tell } from './parts/notice.tsx'
import { showProblem } from './parts/problem.tsx'
import { Preferences } from './parts/preferences.tsx'
import { linkTo, route } from './route.ts'
import { SetUp } from './pages/set-up.tsx'
import { SignIn } from './pages/sign-in.tsx'
import { Menu } from './parts/menu.tsx'
import { learnWho, session } from './who.ts'

const locales: Record<string, GlobalConfigProvider> = { 'zh-CN': zhCn, en: enUs }

export const App = defineComponent({
  name: 'App',
  setup() {
    const failure = shallowRef<Failure>()
    const page = computed(() => findPage(route.value.parts))
    const settingUp = computed(() => route.value.parts[0] === 'set-up')

    async function learn() {
      failure.value = undefined
      try {
        await learnWho()
      } catch (error) {
        failure.value = asFailure(error)
      }
    }

    hearSessionEnd(() => {
      // Nobody was signed in: no session ended, and there is nothing to tell.
      if (session.value == null) return
      session.value = null
      tell(
        t(
          '会话已结束（闲置过久、到期，或被结束）。请重新登录；没有完成的操作都没有执行。',
          'Your session has ended: idle for too long, run out, or ended. Sign in again; an act that did not say it was done was not done.',
        ),
        'warning',
      )
    })
    onMounted(learn)
    watchEffect(() => {
      const title = settingUp.value
        ? t('设置管理员', 'Set up an administrator')
        : session.value
          ? (page.value?.title() ?? t('没有这个页面', 'No such page'))
          : t('登录', 'Sign in')
      document.title = `${title} · Kaimen`
    })
    // A new page begins at its heading, for eyes and for screen readers; what was said stays with
    // the page that it was said on.
    watch(
      () => route.value.parts.join('/'),
      () => {
        putAway()
        scrollTo({ top: 0 })
        void nextTick(() => document.querySelector('h1')?.focus())
      },
    )

    function showInside() {
      const found = page.value
      return (
        <div class="house">
          <Menu />
          <main class="main">
            <Notices />
            {found === undefined ? (
              <>
                <h1 tabindex={-1}>{t('没有这个页面', 'No such page')}</h1>
                <p>
                  <a href={linkTo(['overview'])}>{t('回到概览', 'Back to the overview')}</a>
                </p>
              </>
            ) : (
              h(found.show, { key: route.value.parts.join('/') })
            )}
          </main>
        </div>
      )
    }

    function showOutside() {
      return (
        <main class="porch">
          <div class="porch-card">
            <p class="brand">
              <span class="brand-mark" aria-hidden="true" />
              <span>{t('开门控制台', 'Kaimen console')}</span>
            </p>
            <Notices />
            {settingUp.value ? (
              <SetUp key={route.value.parts[1] ?? ''} />
            ) : failure.value ? (
              showProblem(failure.value, learn)
            ) : session.value === undefined ? (
              <p class="loading">{t('正在加载…', 'Loading…')}</p>
            ) : (
              <SignIn />
            )}
          </div>
          <Preferences />
        </main>
      )
    }

    return () => (
      <ConfigProvider globalConfig={locales[language.value] ?? zhCn}>
        {[session.value && !settingUp.value ? showInside() : showOutside(), <Asking />]}
      </ConfigProvider>
    )
  },
})
