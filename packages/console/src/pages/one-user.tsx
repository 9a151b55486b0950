import type { AdminUserDetail } from '@kaimen/protocol'
import { Button } from 'tdesign-vue-next'
import { defineComponent, ref } from 'vue'
import { call, download } from '../api.ts'
import { Failure } from '../failure.ts'
import { formatInstant, t } from '../language.ts'
import { useLoaded } from '../load.ts'
import { ask } from '../parts/ask.tsx'
import { EventList } from '../parts/event-list.tsx'
import { linkUser, showCode } from '../parts/events.tsx'
import { showField } from '../parts/field.tsx'
import { showProblem } from '../parts/problem.tsx'
import { showStatus } from '../parts/status.tsx'
import { showTable } from '../parts/table.tsx'
import { linkTo, route } from '../route.ts'
import { nameEndReason } from '../words.ts'
import { may } from '../who.ts'

export const OneUser = defineComponent({
  name: 'OneUser',
  setup() {
    const id = route.value.parts[1] ?? ''
    const params = { id }
    const user = useLoaded((signal) => call('GET /v1/admin/users/{id}', { params, signal }))
    const phone = ref<string | null>()
    const events = ref(0)

    /** Done is done, even where looking again fails: that says so by itself. */
    async function lookAgain() {
      await user.reload()
      events.value += 1
    }

    function askReveal() {
      ask({
        title: t('查看完整手机号？', 'Reveal the whole phone number?'),
        says: () =>
          t(
            '查看会写入审计日志，并记下是你看的。',
            'This is written to the audit log, with your name.',
          ),
        button: t('查看', 'Reveal'),
        act: async () => {
          const revealed = await call('POST /v1/admin/users/{id}/reveal-phone', { params })
          phone.value = revealed.phone
          events.value += 1
          return t(
            '已显示完整手机号，并已记入审计日志。',
            'The number is shown, and the audit log says that you saw it.',
          )
        },
      })
    }

    function askDisable() {
      ask({
        title: t('停用这个用户？', 'Disable this user?'),
        says: () =>
          t(
            '用户会在所有设备上退出，之后任何方式都不能登录，直到重新启用。',
            'They are signed out on every device, and refused by every way in, until they are enabled again.',
          ),
        button: t('停用', 'Disable'),
        danger: true,
        act: async () => {
          await call('POST /v1/admin/users/{id}/disable', { params })
          await lookAgain()
          return t('已停用，所有设备已退出。', 'Disabled, and signed out on every device.')
        },
      })
    }

    function askEnable() {
      ask({
        title: t('重新启用这个用户？', 'Enable this user again?'),
        says: () => t('用户可以重新登录。', 'They can sign in again.'),
        button: t('启用', 'Enable'),
        act: async () => {
          await call('POST /v1/admin/users/{id}/enable', { params })
          await lookAgain()
          return t('已启用。', 'Enabled.')
        },
      })
    }

    function askEndAll() {
      ask({
        title: t('让这个用户在所有设备上退出？', 'Sign this user out on every device?'),
        says: () =>
          t(
            '所有会话立即结束；不查询服务器的后端最迟 5 秒后不再接受已有的访问令牌。用户可以重新登录。',
            'Every session ends at once; back ends that check tokens by themselves refuse them within 5 s. They can sign in again.',
          ),
        button: t('全部退出', 'Sign out everywhere'),
        danger: true,
        act: async () => {
          await call('POST /v1/admin/users/{id}/end-sessions', { params })
          await lookAgain()
          return t('已在所有设备上退出。', 'Signed out on every device.')
        },
      })
    }

    function askEnd(session: string) {
      ask({
        title: t('让这台设备退出？', 'Sign this device out?'),
        says: () =>
          t(
            '这个会话立即结束；用户可以重新登录。',
            'The session ends at once; they can sign in again.',
          ),
        button: t('退出', 'Sign out'),
        danger: true,
        act: async () => {
          await call('POST /v1/admin/sessions/{id}/end', { params: { id: session } })
          await lookAgain()
          return t('这台设备已退出。', 'The device is signed out.')
        },
      })
    }

    function askExport() {
      ask({
        title: t('导出这个用户的全部数据？', 'Export everything that is held on this user?'),
        says: () =>
          t(
            '文件里有完整的个人数据，请只交给本人或有权的人。导出会写入审计日志。',
            'The file holds personal data in full: give it to the person, or to those with a right to it. The export is written to the audit log.',
          ),
        button: t('导出', 'Export'),
        act: async () => {
          await download('POST /v1/admin/users/{id}/export', { params }, `${id}.json`)
          events.value += 1
          return t(`已导出为 ${id}.json。`, `Exported as ${id}.json.`)
        },
      })
    }

    function askDelete() {
      ask({
        title: t('删除这个用户？', 'Delete this user?'),
        says: () =>
          t(
            '用户在所有设备上退出，账号进入反悔期；过期后数据被清除，无法找回。',
            'They are signed out everywhere. Until the account is gone it can be restored; after that, what it held is erased for good.',
          ),
        button: t('删除', 'Delete'),
        danger: true,
        typed: id,
        act: async () => {
          await call('POST /v1/admin/users/{id}/delete', { params })
          await lookAgain()
          return t('已删除；反悔期内可以恢复。', 'Deleted; it can be restored until it is gone.')
        },
      })
    }

    function askRestore() {
      ask({
        title: t('恢复这个用户？', 'Restore this user?'),
        says: () =>
          t('撤回删除，用户可以重新登录。', 'The deletion is taken back; they can sign in again.'),
        button: t('恢复', 'Restore'),
        act: async () => {
          await call('POST /v1/admin/users/{id}/restore', { params })
          await lookAgain()
          return t('已恢复。', 'Restored.')
        },
      })
    }

    function askMerge() {
      const into = ref('')
      ask({
        title: t('把这个用户并入另一个？', 'Merge this user into another?'),
        says: () => (
          <>
            <p>
              {t(
                '这个用户的身份、手机号和设备会归另一个用户所有，两边都会退出登录。30 天内可以在“合并”页撤销。',
                'What leads to this user will lead to the other; both are signed out. It can be undone for 30 days, on the page Merging.',
              )}
            </p>
            {showField({ label: t('并入谁（用户 ID）', 'Into whom (user id)'), value: into })}
          </>
        ),
        button: t('合并', 'Merge'),
        danger: true,
        act: async () => {
          if (!/^usr_\w+$/.test(into.value.trim())) {
            throw new Failure(
              'no_user_id',
              t('还没有填另一个用户', 'The other user is missing'),
              t(
                '请填入以 usr_ 开头的用户 ID，什么都没有改变。',
                'Give a user id, which begins with usr_. Nothing was changed.',
              ),
            )
          }
          const merged = await call('POST /v1/admin/merges', {
            body: { from: id, into: into.value.trim() },
          })
          await lookAgain()
          return t(
            `已合并（${merged.merge_id}），30 天内可以撤销。`,
            `Merged (${merged.merge_id}); it can be undone for 30 days.`,
          )
        },
      })
    }

    function showActs({ status, phone: masked }: AdminUserDetail) {
      if (!may('operator')) {
        return (
          <p class="hint">
            {t(
              '你的角色是查看者：可以看，不能操作。',
              'You are a viewer: you may look, and not act.',
            )}
          </p>
        )
      }
      const act = (label: string, run: () => void, danger = false) => (
        <Button size="small" variant="outline" theme={danger ? 'danger' : 'default'} onClick={run}>
          {label}
        </Button>
      )
      return (
        <div class="acts" role="group" aria-label={t('操作', 'Acts')}>
          {masked !== null && phone.value === undefined
            ? act(t('查看手机号…', 'Reveal phone…'), askReveal)
            : undefined}
          {status === 'active' ? act(t('全部退出…', 'Sign out everywhere…'), askEndAll) : undefined}
          {act(t('导出…', 'Export…'), askExport)}
          {status === 'active' ? act(t('并入…', 'Merge into…'), askMerge) : undefined}
          {status === 'active' ? act(t('停用…', 'Disable…'), askDisable, true) : undefined}
          {status === 'disabled' ? act(t('启用…', 'Enable…'), askEnable) : undefined}
          {status === 'deleted' ? act(t('恢复…', 'Restore…'), askRestore) : undefined}
          {status === 'active' || status === 'disabled'
            ? act(t('删除…', 'Delete…'), askDelete, true)
            : undefined}
        </div>
      )
    }

    function showFacts(of: AdminUserDetail) {
      return (
        <dl class="facts">
          <div>
            <dt>{t('手机号', 'Phone')}</dt>
            <dd>
              {phone.value === undefined
                ? (of.phone ?? t('无', 'none'))
                : (phone.value ?? t('无', 'none'))}{' '}
              {of.phone === null
                ? undefined
                : of.phone_verified
                  ? t('（已验证）', '(verified)')
                  : t('（未验证）', '(unverified)')}
            </dd>
          </div>
          <div>
            <dt>{t('密码', 'Password')}</dt>
            <dd>{of.has_password ? t('已设置', 'Set') : t('未设置', 'Not set')}</dd>
          </div>
          <div>
            <dt>{t('首次登录', 'First sign-in')}</dt>
            <dd>{formatInstant(of.created_at)}</dd>
          </div>
          {of.gone_at === null ? undefined : (
            <div>
              <dt>{t('数据清除', 'Erased')}</dt>
              <dd>{formatInstant(of.gone_at)}</dd>
            </div>
          )}
          {of.merged_into === null ? undefined : (
            <div>
              <dt>{t('并入', 'Merged into')}</dt>
              <dd>{linkUser(of.merged_into)}</dd>
            </div>
          )}
        </dl>
      )
    }

    function showUser(of: AdminUserDetail) {
      return (
        <>
          <div class="person">
            <h1 tabindex={-1}>{of.nickname ?? t('没有昵称的用户', 'A user without a nickname')}</h1>
            {showStatus(of.status)}
            <code>{of.id}</code>
          </div>
          {showActs(of)}
          {showProblem(user.failure.value, user.reload)}
          {showFacts(of)}
          <h2>{t('微信身份', 'Identities')}</h2>
          {showTable({
            label: t('微信身份', 'Identities'),
            rows: of.identities,
            keyOf: ({ app_id, openid }) => `${app_id} ${openid}`,
            empty: t('没有绑定微信。', 'There is no WeChat identity.'),
            columns: [
              { title: t('应用', 'App'), cell: ({ app_id }) => showCode(app_id) },
              { title: 'openid', cell: ({ openid }) => showCode(openid) },
              { title: 'unionid', cell: ({ unionid }) => showCode(unionid) },
              { title: t('绑定于', 'Linked'), cell: ({ created_at }) => formatInstant(created_at) },
            ],
          })}
          <h2>{t('设备', 'Devices')}</h2>
          {showTable({
            label: t('设备', 'Devices'),
            rows: of.sessions,
            keyOf: (session) => session.id,
            empty: t('没有会话。', 'There is no session.'),
            columns: [
              { title: t('设备', 'Device'), cell: ({ device }) => nameDevice(device) },
              { title: t('应用', 'App'), cell: ({ app_id }) => showCode(app_id) },
              {
                title: t('登录于', 'Signed in'),
                cell: ({ created_at }) => formatInstant(created_at),
              },
              {
                title: t('最近使用', 'Last seen'),
                cell: ({ last_seen_at }) => formatInstant(last_seen_at),
              },
              {
                title: t('状态', 'State'),
                cell: ({ ended_at, end_reason, expires_at }) =>
                  ended_at === null
                    ? Date.parse(expires_at) > Date.now()
                      ? t('使用中', 'In use')
                      : t('已过期', 'Run out')
                    : t(
                        `已结束：${nameEndReason(end_reason ?? '')} ${formatInstant(ended_at)}`,
                        `Ended: ${nameEndReason(end_reason ?? '')} ${formatInstant(ended_at)}`,
                      ),
              },
              {
                title: t('操作', 'Act'),
                cell: (session) =>
                  session.ended_at === null && may('operator') ? (
                    <button type="button" class="link" onClick={() => askEnd(session.id)}>
                      {t('退出…', 'Sign out…')}
                    </button>
                  ) : undefined,
              },
            ],
          })}
          <h2>{t('事件', 'Events')}</h2>
          <EventList
            key={events.value}
            filters={{ user_id: id }}
            label={t('这个用户的事件', 'Events of this user')}
          />
        </>
      )
    }

    return () => (
      <section>
        <p>
          <a href={linkTo(['users'])}>← {t('用户', 'Users')}</a>
        </p>
        {user.value.value === undefined ? (
          <>
            <h1 tabindex={-1}>{t('用户', 'User')}</h1>
            {user.failure.value === undefined ? (
              <p class="loading">{t('正在加载…', 'Loading…')}</p>
            ) : (
              showProblem(user.failure.value, user.reload)
            )}
          </>
        ) : (
          showUser(user.value.value)
        )}
      </section>
    )
  },
})

function nameDevice(device: Readonly<Record<string, unknown>> | null): string {
  const told = ['name', 'model', 'system'].map((name) => device?.[name])
  const words = told.filter((word) => typeof word === 'string' && word !== '')
  return words.length > 0 ? words.join(' · ') : t('未说明的设备', 'a device that said nothing')
}
