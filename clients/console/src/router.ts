/** The pages, and whose they are: `roles` is what the server asks for, so that nobody is shown a door that is shut. */
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { hasRole, isSignedIn, recognise, type Role } from '@/session'
import { say } from '@/texts'

declare module 'vue-router' {
  interface RouteMeta {
    /** Key of the title in `shell`. */
    title: string
    roles?: Role[]
    open?: boolean
  }
}

export const DOORS: RouteRecordRaw[] = [
  {
    path: '/desk',
    name: 'desk',
    component: () => import('@/pages/desk/DeskPage.vue'),
    meta: { title: 'desk', roles: ['guide'] },
  },
  {
    path: '/room/:id?',
    name: 'room',
    component: () => import('@/pages/room/RoomPage.vue'),
    meta: { title: 'room', roles: ['room'] },
  },
  {
    path: '/complaints/:id?',
    name: 'complaints',
    component: () => import('@/pages/complaints/ComplaintsPage.vue'),
    meta: {
      title: 'complaints',
      roles: ['complaint_handler', 'supervisor', 'department_head', 'committee', 'customer_service'],
    },
  },
  {
    path: '/hub/:id?',
    name: 'hub',
    component: () => import('@/pages/hub/HubPage.vue'),
    meta: { title: 'hub', roles: ['supervisor', 'admin'] },
  },
  {
    path: '/boards',
    name: 'board',
    component: () => import('@/pages/boards/BoardsPage.vue'),
    meta: { title: 'board' },
  },
]

export const router = createRouter({
  history: createWebHistory('/console/'),
  routes: [
    { path: '/', name: 'home', component: () => import('@/pages/HomePage.vue'), meta: { title: 'name' } },
    {
      path: '/sign-in',
      name: 'sign-in',
      component: () => import('@/pages/sign-in/SignInPage.vue'),
      meta: { title: 'signIn', open: true },
    },
    ...DOORS,
    {
      path: '/:rest(.*)*',
      name: 'nowhere',
      component: () => import('@/pages/NowherePage.vue'),
      meta: { title: 'name' },
    },
  ],
})

/** Gives the doors that the one who is signed in may open. */
export function myDoors(): RouteRecordRaw[] {
  return DOORS.filter((door) => !door.meta?.roles || hasRole(...door.meta.roles))
}

router.beforeEach(async (to) => {
  if (to.meta.open) return true
  if (!isSignedIn.value || !(await recognise())) return { name: 'sign-in', query: { next: to.fullPath } }
  if (to.name === 'home' && myDoors().length > 0) return { path: myDoors()[0]!.path.replace(/\/:.*$/, '') }
  if (to.meta.roles && !hasRole(...to.meta.roles)) return { name: 'home' }
  return true
})

router.afterEach((to) => {
  document.title = `${say(`shell.${to.meta.title}`)} · ${say('shell.name')}`
})
