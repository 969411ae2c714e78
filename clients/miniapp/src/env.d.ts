/// <reference types="vite/client" />

interface ImportMetaEnv {
  /** Where the API is: empty on the web (same origin), an absolute https address in the mini-program. */
  readonly VITE_API_BASE?: string
}

declare module '*.vue' {
  import type { DefineComponent } from 'vue'
  const component: DefineComponent<object, object, unknown>
  export default component
}
