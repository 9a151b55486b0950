import type { AdminEvent } from '@kaimen/protocol'
import { Button } from 'tdesign-vue-next'
import { defineComponent, ref, shallowRef, watch } from 'vue'
import { call } from '../api.ts'
import { asFailure, type Failure } from '../failure.ts'
import { t } from '../language.ts'
import { useLoaded } from '../load.ts'
import { showEvents } from './events.tsx'
import { showProblem } from './problem.tsx'

export type EventFilters = Partial<
  Record<'kind' | 'user_id' | 'app_id' | 'admin_id' | 'since' | 'until', string>
>

/** The audit log, newest first, page by page. */
export const EventList = defineComponent(
  (props: { filters: EventFilters; label: string }) => {
    const events = shallowRef<readonly AdminEvent[]>()
    const failure = shallowRef<Failure>()
    const busy = ref(false)
    const before = ref<string | null>(null)
    // Ids do, where the names cannot be had.
    const admins = useLoaded(async (signal) => {
      const found = await call('GET /v1/admin/admins', { signal })
      return new Map(found.admins.map(({ id, name }) => [id, name]))
    })
    let turn = 0

    async function load(from?: string) {
      turn += 1
      const mine = turn
      busy.value = true
      failure.value = undefined
      if (from === undefined) events.value = undefined
      try {
        const page = await call('GET /v1/admin/events', {
          query: { ...props.filters, before: from, limit: '50' },
        })
        if (mine !== turn) return
        events.value = [...(events.value ?? []), ...page.events]
        before.value = page.before
      } catch (error) {
        if (mine === turn) failure.value = asFailure(error)
      } finally {
        if (mine === turn) busy.value = false
      }
    }
    watch(
      () => JSON.stringify(props.filters),
      () => load(),
      { immediate: true },
    )

    return () => (
      <div>
        {failure.value && events.value === undefined
          ? undefined
          : showEvents(events.value, {
              label: props.label,
              ofOne: props.filters.user_id !== undefined,
              nameAdmin: (id) => admins.value.value?.get(id) ?? id,
            })}
        {showProblem(failure.value, () => load(before.value ?? undefined))}
        {before.value === null || events.value === undefined ? undefined : (
          <p class="more">
            <Button
              variant="outline"
              loading={busy.value}
              onClick={() => void load(before.value ?? undefined)}
            >
              {t('更早的', 'Older')}
            </Button>
          </p>
        )}
      </div>
    )
  },
  { name: 'EventList', props: ['filters', 'label'] },
)
