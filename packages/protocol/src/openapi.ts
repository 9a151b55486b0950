/** Renders the routes as an OpenAPI 3.1 document. */
import { toJsonSchema, toJsonSchemaDefs } from '@valibot/to-json-schema'
import type { GenericSchema } from 'valibot'
import { errorTable, type ErrorCode } from './errors.ts'
import * as messages from './messages.ts'
import { routes, type Route } from './routes.ts'

type Json = Record<string, unknown>

const named: Record<string, GenericSchema> = {
  ChangePasswordBody: messages.ChangePasswordBody,
  ChangePhoneBody: messages.ChangePhoneBody,
  Device: messages.Device,
  Export: messages.Export,
  Following: messages.Following,
  Health: messages.Health,
  Identities: messages.Identities,
  Identity: messages.Identity,
  IntrospectBody: messages.IntrospectBody,
  Introspection: messages.Introspection,
  Jwks: messages.Jwks,
  LinkIdentityBody: messages.LinkIdentityBody,
  MeDeleted: messages.MeDeleted,
  OtpBody: messages.OtpBody,
  OtpSent: messages.OtpSent,
  PhoneRequired: messages.PhoneRequired,
  Preferences: messages.Preferences,
  Problem: messages.Problem,
  Revocations: messages.Revocations,
  RevokeBody: messages.RevokeBody,
  Revoked: messages.Revoked,
  ScanBegun: messages.ScanBegun,
  ScanBody: messages.ScanBody,
  ScanClaimed: messages.ScanClaimed,
  ScanState: messages.ScanState,
  ScanTicketBody: messages.ScanTicketBody,
  ServiceUser: messages.ServiceUser,
  Session: messages.Session,
  Sessions: messages.Sessions,
  SignInCloudBody: messages.SignInCloudBody,
  SignInOtpBody: messages.SignInOtpBody,
  SignInPasswordBody: messages.SignInPasswordBody,
  SignInPhoneBody: messages.SignInPhoneBody,
  SignInReply: messages.SignInReply,
  SignInWechatBody: messages.SignInWechatBody,
  SignedIn: messages.SignedIn,
  TokenBody: messages.TokenBody,
  Tokens: messages.Tokens,
  UpdateMeBody: messages.UpdateMeBody,
  User: messages.User,
  WebSession: messages.WebSession,
  WebSignOutBody: messages.WebSignOutBody,
  WebToken: messages.WebToken,
  WechatData: messages.WechatData,
  WechatDataBody: messages.WechatDataBody,
  WechatSession: messages.WechatSession,
}

/**
 * The document that `GET /openapi.json` answers with.
 *
 * @param options.serverUrl Where the server is reached, as in `https://auth.example.com`.
 */
export function renderOpenapi(options: { serverUrl?: string } = {}): Json {
  const paths: Record<string, Json> = {}
  for (const [operationId, route] of Object.entries<Route>(routes)) {
    const path = (paths[route.path] ??= {})
    path[route.method.toLowerCase()] = renderOperation(operationId, route)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Kaimen',
      version: '1',
      summary: 'WeChat login, end to end',
      description:
        'Errors are RFC 9457 problems. `title` and `detail` are in Chinese or English by Accept-Language; programs go by `code` and `action`.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    ...(options.serverUrl && { servers: [{ url: options.serverUrl }] }),
    paths,
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'The access token of a person',
        },
        cookie: {
          type: 'apiKey',
          in: 'cookie',
          name: '__Host-kaimen',
          description:
            'The session of a browser; counts for pages of the origins that are set, and for no others',
        },
        service: {
          type: 'http',
          scheme: 'bearer',
          description: 'The secret of a service credential',
        },
        service_basic: {
          type: 'http',
          scheme: 'basic',
          description: 'The id of a service credential, and its secret',
        },
      },
      schemas: toJsonSchemaDefs(named, { overrideRef }),
    },
  }
}

function renderOperation(operationId: string, route: Route): Json {
  return {
    operationId,
    summary: route.summary,
    ...renderSecurity(route),
    ...renderParameters(route),
    ...(route.body && {
      requestBody: {
        required: true,
        content: Object.fromEntries(
          ['application/json', ...(route.form ? ['application/x-www-form-urlencoded'] : [])].map(
            (type) => [type, { schema: reference(route.body) }],
          ),
        ),
      },
    }),
    ...(route.upload && {
      requestBody: {
        required: true,
        content: Object.fromEntries(route.upload.map((type) => [type, {}])),
      },
    }),
    responses: {
      [route.status ?? 200]: {
        description: descriptions[route.status ?? 200],
        content: Object.fromEntries(
          [
            route.replyType ?? 'application/json',
            ...(route.events ? ['text/event-stream'] : []),
          ].map((type) => [type, { schema: reference(route.reply) }]),
        ),
      },
      ...renderErrors([...route.errors, 'method_not_allowed', 'unavailable', 'internal_error']),
    },
  }
}

const descriptions = { 200: 'OK', 201: 'Created', 202: 'Accepted', 303: 'See Other' } as const

const security = {
  none: [],
  bearer: [{ bearer: [] }, { cookie: [] }],
  app: [{ bearer: [] }],
  cookie: [{ cookie: [] }],
  service: [{ service: [] }, { service_basic: [] }],
} as const satisfies Record<Route['auth'], readonly Json[]>

function renderSecurity({ auth, scope }: Route): Json {
  return {
    security: security[auth],
    ...(scope && { description: `Needs the scope \`${scope}\`.` }),
  }
}

function renderParameters(route: Route): Json {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const inQuery = Object.entries({ ...route.query, ...route.optionalQuery }).map(
    ([name, description]) => ({
      name,
      in: 'query',
      required: route.query?.[name] !== undefined,
      description,
      schema: { type: 'string' },
    }),
  )
  const inHeader = Object.entries(route.headers ?? {}).map(([name, description]) => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  }))
  const parameters = [...inPath, ...inQuery, ...inHeader]
  return parameters.length > 0 ? { parameters } : {}
}

const retryAfter = { description: 'Seconds to wait', schema: { type: 'integer', minimum: 0 } }

function renderErrors(codes: readonly ErrorCode[]): Json {
  const byStatus = new Map<number, Set<ErrorCode>>()
  for (const code of codes) {
    const { status } = errorTable[code]
    byStatus.set(status, (byStatus.get(status) ?? new Set()).add(code))
  }
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => [
      status,
      {
        description: [...group]
          .map((code) => `\`${code}\`: ${errorTable[code].title.en}`)
          .join('; '),
        ...((status === 429 || status === 503) && { headers: { 'Retry-After': retryAfter } }),
        content: { 'application/problem+json': { schema: reference(messages.Problem) } },
      },
    ]),
  )
}

function reference(schema: GenericSchema | undefined): Json {
  if (!schema) return {}
  const name = Object.keys(named).find((key) => named[key] === schema)
  if (name) return { $ref: overrideRef({ referenceId: name }) }
  const { $schema: _, ...rest } = toJsonSchema(schema)
  return rest
}

const overrideRef = ({ referenceId }: { referenceId: string }) =>
  `#/components/schemas/${referenceId}`
