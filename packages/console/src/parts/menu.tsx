import { Button } from 'tdesign-vue-next'
import { defineComponent, ref, watch } from 'vue'
import { asFailure } from '../failure.ts'
import { t } from '../language.ts'
import { pages } from '../pages.ts'
import { linkTo, route } from '../route.ts'
import { roleNames } from '../words.ts'
import { session, signOut } from '../who.ts'
import { tell } from './notice.tsx'
import { Preferences } from './preferences.tsx'

export const Menu = defineComponent({
  name: 'Menu',
  setup() {
    const open = ref(false)
    watch(route, () => {
      open.value = false
    })

    async function leave() {
      try {
        await signOut()
      } catch (error) {
        const { title, detail } = asFailure(error)
        tell(`${title} ${detail}`, 'error')
      }
    }

    return () => {
      const here = route.value.parts[0] || 'overview'
      const admin = session.value?.admin
      return (
        <header class="menu">
          <button type="button" class="skip" onClick={() => document.querySelector('h1')?.focus()}>
            {t('跳到正文', 'Skip to the page')}
          </button>
          <div class="menu-top">
            <p class="brand">
              <span class="brand-mark" aria-hidden="true" />
              <span>{t('开门', 'Kaimen')}</span>
            </p>
            <button
              type="button"
              class="quiet menu-button"
              aria-expanded={open.value}
              aria-controls="menu-body"
              onClick={() => {
                open.value = !open.value
              }}
            >
              {t('菜单', 'Menu')}
            </button>
          </div>
          <div id="menu-body" class={open.value ? 'menu-body menu-open' : 'menu-body'}>
            <nav aria-label={t('页面', 'Pages')}>
              <ul>
                {pages.map(({ name, title }) => (
                  <li key={name}>
                    <a href={linkTo([name])} aria-current={here === name ? 'page' : undefined}>
                      {title()}
                    </a>
                  </li>
                ))}
              </ul>
            </nav>
            <div class="menu-foot">
              <Preferences />
              {admin === undefined ? undefined : (
                <p class="menu-who">
                  <strong>{admin.name}</strong>
                  <span>{roleNames[admin.role]()}</span>
                </p>
              )}
              <Button variant="outline" size="small" block onClick={() => void leave()}>
                {t('退出登录', 'Sign out')}
              </Button>
            </div>
          </div>
        </header>
      )
    }
  },
})
