import type { AdminUser, AdminUserSearchBody } from '@kaimen/protocol'
import { Button, Input } from 'tdesign-vue-next'
import { computed, defineComponent, ref, shallowRef } from 'vue'
import { call } from '../api.ts'
import { asFailure, type Failure } from '../failure.ts'
import { formatInstant, t } from '../language.ts'
import { linkUser } from '../parts/events.tsx'
import { showProblem } from '../parts/problem.tsx'
import { showStatus } from '../parts/status.tsx'
import { showTable } from '../parts/table.tsx'
import { readSearch, type Search } from '../search.ts'

const pageSize = 50

/** Kept for who comes back from one user; in memory, because an address is no place for a phone. */
const typed = ref('')
const asked = ref('')

const names: Readonly<Record<Search['by'], () => string>> = {
  id: () => t('用户 ID', 'user id'),
  phone: () => t('完整手机号', 'whole phone number'),
  openid: () => 'openid',
  nickname: () => t('昵称开头', 'how the nickname begins'),
}

export const Users = defineComponent({
  name: 'Users',
  setup() {
    const users = shallowRef<readonly AdminUser[]>()
    const failure = shallowRef<Failure>()
    const busy = ref(false)
    const more = ref(false)
    const seen = computed(() => readSearch(typed.value))
    let turn = 0

    async function load(before?: string) {
      turn += 1
      const mine = turn
      const search = readSearch(asked.value)
      busy.value = true
      failure.value = undefined
      if (before === undefined) users.value = undefined
      try {
        const body: AdminUserSearchBody = {
          limit: pageSize,
          ...(search && { [search.by]: search.value }),
          ...(before !== undefined && { before }),
        }
        const found = await call('POST /v1/admin/users/search', { body })
        if (mine !== turn) return
        users.value = [...(before === undefined ? [] : (users.value ?? [])), ...found.users]
        more.value = search === undefined && found.users.length === pageSize
      } catch (error) {
        if (mine === turn) failure.value = asFailure(error)
      } finally {
        if (mine === turn) busy.value = false
      }
    }
    void load()

    return () => (
      <section>
        <h1 tabindex={-1}>{t('用户', 'Users')}</h1>
        <form
          class="search"
          role="search"
          onSubmit={(event: Event) => {
            event.preventDefault()
            asked.value = typed.value
            void load()
          }}
        >
          <label class="field grow">
            <span>{t('查找用户', 'Find a user')}</span>
            <Input
              value={typed.value}
              clearable
              autocomplete="off"
              spellCheck={false}
              placeholder={t(
                '用户 ID、昵称、完整手机号或 openid',
                'User id, nickname, whole phone number or openid',
              )}
              onChange={(value) => {
                typed.value = String(value)
              }}
            />
          </label>
          <Button type="submit" loading={busy.value}>
            {t('查找', 'Find')}
          </Button>
        </form>
        <p class="hint">
          {seen.value === undefined
            ? t('不填则列出最新的用户。', 'Left empty, it lists the newest.')
            : t(`按${names[seen.value.by]()}查找。`, `Looks by ${names[seen.value.by]()}.`)}
        </p>
        {showProblem(failure.value, () => load())}
        {failure.value && users.value === undefined
          ? undefined
          : showTable({
              label: t('用户', 'Users'),
              rows: users.value,
              keyOf: ({ id }) => id,
              empty: asked.value
                ? t('没有这样的用户。', 'There is no such user.')
                : t(
                    '还没有用户：第一次登录时就会出现。',
                    'There is no user yet: they appear when they first sign in.',
                  ),
              columns: [
                { title: 'ID', cell: ({ id }) => linkUser(id) },
                {
                  title: t('昵称', 'Nickname'),
                  cell: ({ nickname }) => nickname ?? <span class="none">{t('无', 'none')}</span>,
                },
                {
                  title: t('手机号', 'Phone'),
                  cell: ({ phone }) => phone ?? <span class="none">{t('无', 'none')}</span>,
                },
                { title: t('状态', 'Status'), cell: ({ status }) => showStatus(status) },
                {
                  title: t('首次登录', 'First sign-in'),
                  cell: ({ created_at }) => (
                    <time datetime={created_at}>{formatInstant(created_at)}</time>
                  ),
                },
              ],
            })}
        {more.value ? (
          <p class="more">
            <Button
              variant="outline"
              loading={busy.value}
              onClick={() => void load(users.value?.at(-1)?.id)}
            >
              {t('更早的', 'Older')}
            </Button>
          </p>
        ) : undefined}
      </section>
    )
  },
})
