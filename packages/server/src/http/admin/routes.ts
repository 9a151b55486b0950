import { adminRoutes, type AdminRole, type AdminRouteName } from '@kaimen/protocol'
import type { Handler, HttpParts } from '../handlers.ts'
import { beginSetUp, secondFactor, session, setUp, signIn, signOut } from './access.ts'
import { changeRole, end, invite, listAdmins } from './admins.ts'
import { dismiss, listConflicts, listMerges, merge, undoMerge } from './conflicts.ts'
import { exportEvents, listEvents } from './events.ts'
import { requireConsole, requireRole, type AdminCall } from './guard.ts'
import { overview } from './overview.ts'
import { endAppSessions, health, limits, listApps, listKeys, rotateKeys } from './settings.ts'
import {
  changeUser,
  endSession,
  endUserSessions,
  exportOfUser,
  revealPhone,
  searchUsers,
  showUser,
} from './users.ts'

/** Called only for an administrator whose role the route allows. */
export type AdminHandler = (parts: HttpParts, call: AdminCall) => Promise<Response> | Response

type OpenName = {
  [Name in AdminRouteName]: (typeof adminRoutes)[Name]['role'] extends 'none' ? Name : never
}[AdminRouteName]

/** For those who have not signed in yet. */
const open: Readonly<Record<OpenName, Handler>> = {
  adminSetUpBegin: beginSetUp,
  adminSetUp: setUp,
  adminSignIn: signIn,
  adminSecondFactor: secondFactor,
}

const guarded: Readonly<Record<Exclude<AdminRouteName, OpenName>, AdminHandler>> = {
  adminSession: session,
  adminSignOut: signOut,
  adminOverview: overview,
  adminSearchUsers: searchUsers,
  adminUser: showUser,
  adminRevealPhone: revealPhone,
  adminExportUser: exportOfUser,
  adminDisableUser: changeUser('disable'),
  adminEnableUser: changeUser('enable'),
  adminDeleteUser: changeUser('delete'),
  adminRestoreUser: changeUser('restore'),
  adminEndUserSessions: endUserSessions,
  adminEndSession: endSession,
  adminConflicts: listConflicts,
  adminDismissConflict: dismiss,
  adminMerges: listMerges,
  adminMerge: merge,
  adminUndoMerge: undoMerge,
  adminApps: listApps,
  adminHealth: health,
  adminEndAppSessions: endAppSessions,
  adminKeys: listKeys,
  adminRotateKeys: rotateKeys,
  adminLimits: limits,
  adminEvents: listEvents,
  adminExportEvents: exportEvents,
  admins: listAdmins,
  adminInvite: invite,
  adminChangeRole: changeRole,
  adminEnd: end,
}

const fromConsole =
  (handle: Handler): Handler =>
  (parts, call) => {
    requireConsole(parts, call.request)
    return handle(parts, call)
  }

const forRole =
  (least: AdminRole, handle: AdminHandler): Handler =>
  async (parts, call) =>
    handle(parts, await requireRole(parts, call, least))

/** Each route of the console's, behind its guard. */
export const adminHandlers: readonly (readonly [AdminRouteName, Handler])[] = [
  ...namesOf(open).map((name) => [name, fromConsole(open[name])] as const),
  ...namesOf(guarded).map(
    (name) => [name, forRole(adminRoutes[name].role, guarded[name])] as const,
  ),
]

function namesOf<Name extends string>(table: Readonly<Record<Name, unknown>>): Name[] {
  return Object.keys(table).filter((name): name is Name => Object.hasOwn(table, name))
}
