export { prepareCompiler, type CompileOptions, type Compiler } from './compile/compile.ts'
export type { Module, Part, Problem, ProblemKind, Program } from './run/program.ts'
export { findMiniProgram, type MiniProgram } from './serve/find-mini-program.ts'
export {
  createPhoneServer,
  type PhoneServer,
  type PhoneServerOptions,
} from './serve/create-phone-server.ts'
