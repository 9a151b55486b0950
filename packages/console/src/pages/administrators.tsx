import type { Admin, AdminRole } from '@kaimen/protocol'
import { Button, Tag } from 'tdesign-vue-next'
import { defineComponent, ref, shallowRef } from 'vue'
import { call } from '../api.ts'
import { formatInstant, t } from '../language.ts'
import { useLoaded } from '../load.ts'
import { ask } from '../parts/ask.tsx'
import { showChoice } from '../parts/field.tsx'
import { showProblem } from '../parts/problem.tsx'
import { showTable } from '../parts/table.tsx'
import { linkTo } from '../route.ts'
import { roleNames } from '../words.ts'
import { learnWho, may, session } from '../who.ts'

const roles: readonly AdminRole[] = ['viewer', 'operator', 'owner']

const duties: Readonly<Record<AdminRole, () => string>> = {
  viewer: () => t('可以看，不能操作', 'may look, and not act'),
  operator: () => t('可以对用户操作', 'may act on users'),
  owner: () => t('还可以管理管理员、密钥和应用', 'may also manage administrators, keys and apps'),
}

export const Administrators = defineComponent({
  name: 'Administrators',
  setup() {
    const admins = useLoaded(
      async (signal) => (await call('GET /v1/admin/admins', { signal })).admins,
    )
    /** Shown this once. */
    const invited = shallowRef<{ readonly url: string; readonly expires_at: string }>()

    function chooseRole(role: { value: AdminRole }) {
      return showChoice({
        label: t('角色', 'Role'),
        value: role.value,
        options: roles.map((value) => ({
          value,
          label: `${roleNames[value]()}: ${duties[value]()}`,
        })),
        onChoose: (value) => {
          role.value = roles.find((name) => name === value) ?? role.value
        },
      })
    }

    function askInvite() {
      const role = ref<AdminRole>('operator')
      ask({
        title: t('邀请管理员？', 'Invite an administrator?'),
        says: () => (
          <>
            <p>
              {t(
                '会生成一个只能用一次的链接，请通过可信的渠道交给对方。',
                'This makes a link that works once. Hand it over by a way that you trust.',
              )}
            </p>
            {chooseRole(role)}
          </>
        ),
        button: t('生成链接', 'Make the link'),
        act: async () => {
          invited.value = await call('POST /v1/admin/invites', { body: { role: role.value } })
          return t('邀请链接已生成，只在这里显示这一次。', 'The link is made, and shown this once.')
        },
      })
    }

    function askRole({ id, name, role: present }: Admin) {
      const role = ref(present)
      ask({
        title: t(`更改 ${name} 的角色？`, `Change the role of ${name}?`),
        says: () => chooseRole(role),
        button: t('更改', 'Change'),
        act: async () => {
          await call('PATCH /v1/admin/admins/{id}', { params: { id }, body: { role: role.value } })
          await Promise.all([admins.reload(), learnWho()])
          return t(
            `${name} 现在是${roleNames[role.value]()}。`,
            `${name} is ${roleNames[role.value]().toLowerCase()} now.`,
          )
        },
      })
    }

    function askEnd({ id, name }: Admin) {
      ask({
        title: t(`撤销 ${name} 的管理员身份？`, `End ${name} as an administrator?`),
        says: () =>
          t(
            '对方立即退出，之后不能再登录控制台。名字保留在审计日志里。',
            'They are signed out at once, and cannot come back to the console. The audit log keeps the name.',
          ),
        button: t('撤销', 'End'),
        danger: true,
        typed: name,
        act: async () => {
          await call('DELETE /v1/admin/admins/{id}', { params: { id } })
          await admins.reload()
          return t(`${name} 不再是管理员。`, `${name} is an administrator no more.`)
        },
      })
    }

    return () => (
      <section>
        <div class="heading">
          <h1 tabindex={-1}>{t('管理员', 'Administrators')}</h1>
          {may('owner') ? (
            <Button size="small" onClick={askInvite}>
              {t('邀请…', 'Invite…')}
            </Button>
          ) : undefined}
        </div>
        {invited.value === undefined ? undefined : (
          <div class="invite">
            <p>
              {t(
                `把这个链接交给新管理员，有效至 ${formatInstant(invited.value.expires_at)}：`,
                `Hand this link to the new administrator. It works until ${formatInstant(invited.value.expires_at)}:`,
              )}
            </p>
            <code class="secret">{invited.value.url}</code>
            <p>
              <button
                type="button"
                class="link"
                onClick={() => {
                  invited.value = undefined
                }}
              >
                {t('收起', 'Put away')}
              </button>
            </p>
          </div>
        )}
        {showProblem(admins.failure.value, admins.reload)}
        {admins.failure.value && admins.value.value === undefined
          ? undefined
          : showTable({
              label: t('管理员', 'Administrators'),
              rows: admins.value.value,
              keyOf: ({ id }) => id,
              empty: t('没有管理员。', 'There is no administrator.'),
              columns: [
                {
                  title: t('名字', 'Name'),
                  cell: ({ id, name }) => (
                    <>
                      {name}{' '}
                      {id === session.value?.admin.id ? (
                        <Tag size="small" variant="outline">
                          {t('你', 'you')}
                        </Tag>
                      ) : undefined}
                    </>
                  ),
                },
                { title: t('角色', 'Role'), cell: ({ role }) => roleNames[role]() },
                {
                  title: t('设置于', 'Set up'),
                  cell: ({ created_at }) => formatInstant(created_at),
                },
                {
                  title: t('状态', 'State'),
                  cell: ({ ended_at }) =>
                    ended_at === null
                      ? t('有效', 'In office')
                      : t(`已撤销 ${formatInstant(ended_at)}`, `Ended ${formatInstant(ended_at)}`),
                },
                {
                  title: t('操作', 'Act'),
                  cell: (admin) => (
                    <span class="acts">
                      <a href={linkTo(['audit'], { admin_id: admin.id })}>
                        {t('做过什么', 'What they did')}
                      </a>
                      {may('owner') && admin.ended_at === null
                        ? [
                            <button type="button" class="link" onClick={() => askRole(admin)}>
                              {t('改角色…', 'Change role…')}
                            </button>,
                            <button type="button" class="link" onClick={() => askEnd(admin)}>
                              {t('撤销…', 'End…')}
                            </button>,
                          ]
                        : undefined}
                    </span>
                  ),
                },
              ],
            })}
      </section>
    )
  },
})
