/** The pages, and whose they are: `roles` is what the server asks for, so that nobody is shown a door that is shut. */
import { createRouter, createWebHistory, type RouteMeta, type RouteRecordRaw } from 'vue-router'
import { hasRole, isSignedIn, me, recognise, type Role } from '@/session'
import { isServerThere, standIn } from '@/session/stand-in'
import { say } from '@/texts'

declare module 'vue-router' {
  interface RouteMeta {
    /** Key of the title in `shell`. */
    title: string
    roles?: Role[]
    /** Only for who works for the whole hospital, not for a department alone. */
    whole?: boolean
    /** Its group in the menu of administration (`shell.groups`); none: a page of every day, in the bar itself. */
    group?: string
    /** A part of another page, which leads to it: no door of its own. */
    isPart?: boolean
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
    path: '/complaint-clocks',
    name: 'complaint-clocks',
    component: () => import('@/pages/complaint-clocks/ClocksPage.vue'),
    meta: { title: 'complaint-clocks', group: 'opinions', roles: ['supervisor', 'department_head', 'operations', 'committee', 'admin'] },
  },
  {
    path: '/hub/overview',
    name: 'hub-overview',
    component: () => import('@/pages/hub/overview/OverviewPage.vue'),
    meta: { title: 'hub', roles: ['supervisor', 'admin'], isPart: true },
  },
  {
    path: '/hub/dead-letters',
    name: 'hub-dead',
    component: () => import('@/pages/hub/dead/DeadPage.vue'),
    meta: { title: 'hub', roles: ['supervisor', 'admin'], isPart: true },
  },
  {
    path: '/hub/trial',
    name: 'hub-trial',
    component: () => import('@/pages/hub/trial/TrialPage.vue'),
    meta: { title: 'hub', roles: ['supervisor', 'admin'], isPart: true },
  },
  {
    path: '/escalations',
    name: 'escalations',
    component: () => import('@/pages/duty/EscalationsPage.vue'),
    meta: { title: 'escalations', group: 'opinions', roles: ['complaint_handler', 'supervisor', 'department_head', 'committee', 'admin'] },
  },
  {
    path: '/duty/:tab(week|dates|away|people|rules)?',
    name: 'duty',
    component: () => import('@/pages/duty/DutyPage.vue'),
    meta: { title: 'duty', group: 'opinions', roles: ['supervisor', 'admin'] },
  },
  {
    path: '/admin/low-rules',
    name: 'low-rules',
    component: () => import('@/pages/low-rules/LowRulesPage.vue'),
    meta: { title: 'low-rules', group: 'opinions', roles: ['admin', 'supervisor'] },
  },
  {
    path: '/case-library/:id?',
    name: 'case-library',
    component: () => import('@/pages/case-library/CaseLibraryPage.vue'),
    meta: { title: 'case-library', group: 'opinions', roles: ['complaint_handler', 'supervisor', 'department_head', 'committee', 'customer_service'] },
  },
  {
    path: '/complaint-analysis',
    name: 'complaint-analysis',
    component: () => import('@/pages/complaint-analysis/AnalysisPage.vue'),
    meta: { title: 'complaint-analysis', group: 'opinions', roles: ['supervisor', 'department_head', 'committee', 'operations'] },
  },
  {
    path: '/improvements/:id?',
    name: 'improvements',
    component: () => import('@/pages/improvements/ImprovementsPage.vue'),
    meta: {
      title: 'improvements',
      group: 'opinions',
      roles: ['complaint_handler', 'supervisor', 'department_head', 'committee', 'operations', 'customer_service', 'room', 'guide'],
    },
  },
  {
    path: '/admin/complaint-causes',
    name: 'complaint-causes',
    component: () => import('@/pages/complaint-analysis/CausesPage.vue'),
    meta: { title: 'complaint-causes', group: 'opinions', roles: ['admin', 'supervisor'] },
  },
  {
    path: '/comments',
    name: 'comments',
    component: () => import('@/pages/comments/CommentsPage.vue'),
    meta: { title: 'comments', group: 'opinions', roles: ['supervisor', 'department_head', 'operations', 'committee'] },
  },
  {
    path: '/admin/webhooks/:id?',
    name: 'webhooks',
    component: () => import('@/pages/webhooks/WebhooksPage.vue'),
    meta: { title: 'webhooks', group: 'messages', roles: ['admin'] },
  },
  {
    path: '/hub/:id?',
    name: 'hub',
    component: () => import('@/pages/hub/HubPage.vue'),
    meta: { title: 'hub', roles: ['supervisor', 'admin'] },
  },
  {
    path: '/booking',
    name: 'booking',
    component: () => import('@/pages/booking/BookingPage.vue'),
    meta: { title: 'booking', roles: ['guide', 'customer_service', 'supervisor'] },
  },
  {
    path: '/waitlist',
    name: 'waitlist',
    component: () => import('@/pages/waitlist/WaitlistPage.vue'),
    meta: { title: 'waitlist', roles: ['guide', 'customer_service', 'supervisor'] },
  },
  {
    path: '/stop-calls',
    name: 'stop-calls',
    component: () => import('@/pages/stop-calls/StopCallsPage.vue'),
    meta: { title: 'stop-calls', roles: ['customer_service', 'guide', 'supervisor', 'department_head'] },
  },
  {
    path: '/calls/:id?',
    name: 'calls',
    component: () => import('@/pages/calls/CallsPage.vue'),
    meta: { title: 'calls', roles: ['customer_service', 'supervisor', 'department_head'] },
  },
  {
    path: '/follow-ups/:id?',
    name: 'follow-ups',
    component: () => import('@/pages/follow-ups/FollowUpsPage.vue'),
    meta: { title: 'follow-ups', group: 'care', roles: ['customer_service', 'supervisor', 'department_head', 'room'] },
  },
  {
    path: '/admin/care-plans/:id?',
    name: 'care-plans',
    component: () => import('@/pages/care-plans/CarePlansPage.vue'),
    meta: { title: 'care-plans', group: 'care', roles: ['supervisor', 'department_head', 'customer_service', 'admin'] },
  },
  {
    path: '/survey-calls/:id?',
    name: 'survey-calls',
    component: () => import('@/pages/survey-calls/SurveyCallsPage.vue'),
    meta: { title: 'survey-calls', group: 'opinions', roles: ['customer_service', 'guide', 'room', 'supervisor'] },
  },
  {
    path: '/questionnaires/:id?',
    name: 'questionnaires',
    component: () => import('@/pages/questionnaires/QuestionnairesPage.vue'),
    meta: { title: 'questionnaires', group: 'opinions', roles: ['supervisor', 'admin'] },
  },
  {
    path: '/survey-links',
    name: 'survey-links',
    component: () => import('@/pages/questionnaires/SurveyLinksPage.vue'),
    meta: { title: 'survey-links', group: 'opinions', roles: ['supervisor', 'admin'] },
  },
  {
    path: '/survey-settings',
    name: 'survey-settings',
    component: () => import('@/pages/questionnaires/SurveySettingsPage.vue'),
    meta: { title: 'survey-settings', group: 'opinions', roles: ['supervisor', 'admin'] },
  },
  {
    path: '/stops/:id?',
    name: 'stops',
    component: () => import('@/pages/stops/StopsPage.vue'),
    meta: { title: 'stops', group: 'schedules', roles: ['supervisor', 'department_head', 'admin'] },
  },
  {
    path: '/scans',
    name: 'scans',
    component: () => import('@/pages/scans/ScansPage.vue'),
    meta: { title: 'scans', group: 'desk', roles: ['guide', 'supervisor', 'complaint_handler'] },
  },
  {
    path: '/posters',
    name: 'posters',
    component: () => import('@/pages/posters/PostersPage.vue'),
    meta: { title: 'posters', group: 'desk', roles: ['supervisor'] },
  },
  {
    path: '/triage',
    name: 'triage',
    component: () => import('@/pages/triage/TriagePage.vue'),
    meta: { title: 'triage', group: 'desk', roles: ['supervisor', 'guide', 'room'] },
  },
  {
    path: '/reports/:name(desk-morning|desk-arrivals|desk-evening)?',
    name: 'reports',
    component: () => import('@/pages/reports/ReportsPage.vue'),
    meta: { title: 'reports', group: 'desk', roles: ['guide', 'supervisor', 'operations', 'customer_service'] },
  },
  {
    path: '/admin/routing/:id?',
    name: 'routing',
    component: () => import('@/pages/routing/RoutingPage.vue'),
    meta: { title: 'routing', group: 'messages', roles: ['admin'] },
  },
  {
    path: '/admin/report-settings',
    name: 'report-settings',
    component: () => import('@/pages/settings/reports/ReportSettingsPage.vue'),
    meta: { title: 'report-settings', group: 'desk', roles: ['admin', 'supervisor'] },
  },
  {
    path: '/admin/triage-settings',
    name: 'triage-settings',
    component: () => import('@/pages/settings/triage/TriageSettingsPage.vue'),
    meta: { title: 'triage-settings', group: 'desk', roles: ['admin', 'supervisor'] },
  },
  {
    path: '/replay',
    name: 'replay',
    component: () => import('@/pages/replay/ReplayPage.vue'),
    meta: {
      title: 'replay',
      group: 'queue',
      roles: ['supervisor', 'complaint_handler', 'department_head', 'committee'],
    },
  },
  {
    path: '/what-if',
    name: 'what-if',
    component: () => import('@/pages/replay/WhatIfPage.vue'),
    meta: { title: 'what-if', group: 'queue', roles: ['supervisor', 'department_head', 'admin'] },
  },
  {
    path: '/boards',
    name: 'board',
    component: () => import('@/pages/boards/BoardsPage.vue'),
    meta: { title: 'board' },
  },
  {
    path: '/admin/schedules/:tab(week|rules|exceptions|calendar|release|draws|conflicts)?',
    name: 'schedules',
    component: () => import('@/pages/schedules/SchedulesPage.vue'),
    meta: { title: 'schedules', group: 'schedules', roles: ['department_head', 'admin'] },
  },
  {
    path: '/strikes/appeals/:id?',
    name: 'appeals',
    component: () => import('@/pages/strikes/AppealsPage.vue'),
    meta: { title: 'appeals', group: 'strikes', roles: ['customer_service', 'supervisor', 'admin'] },
  },
  {
    path: '/strikes/people/:id?',
    name: 'strike-people',
    component: () => import('@/pages/strikes/PeoplePage.vue'),
    meta: { title: 'strike-people', group: 'strikes', roles: ['customer_service', 'supervisor', 'admin'] },
  },
  {
    path: '/strikes/outages',
    name: 'outages',
    component: () => import('@/pages/strikes/OutagesPage.vue'),
    meta: { title: 'outages', group: 'strikes', roles: ['guide', 'customer_service', 'supervisor', 'admin'] },
  },
  {
    path: '/admin/booking-settings',
    name: 'booking-settings',
    component: () => import('@/pages/settings/BookingSettingsPage.vue'),
    meta: { title: 'booking-settings', group: 'schedules', roles: ['admin', 'supervisor'] },
  },
  {
    path: '/queue-order',
    name: 'queue-order',
    component: () => import('@/pages/queue-order/QueueOrderPage.vue'),
    meta: { title: 'queue-order', group: 'desk', roles: ['guide', 'supervisor'] },
  },
  {
    path: '/admin/queue-rules/:id?',
    name: 'queue-rules',
    component: () => import('@/pages/queue-rules/QueueRulesPage.vue'),
    meta: { title: 'queue-rules', group: 'desk', roles: ['department_head', 'supervisor', 'admin'] },
  },
  {
    path: '/calling',
    name: 'calling',
    component: () => import('@/pages/calling/CallingPage.vue'),
    meta: { title: 'calling', group: 'queue', roles: ['guide', 'supervisor', 'department_head', 'admin'] },
  },
  {
    path: '/waits',
    name: 'waits',
    component: () => import('@/pages/waits/WaitsPage.vue'),
    meta: { title: 'waits', group: 'queue', roles: ['supervisor', 'department_head', 'operations'] },
  },
  {
    path: '/scores',
    name: 'scores',
    component: () => import('@/pages/scores/ScoresPage.vue'),
    meta: { title: 'scores', group: 'opinions', roles: ['supervisor', 'department_head', 'operations', 'committee', 'admin'] },
  },
  {
    path: '/scores/people/:id?',
    name: 'score-people',
    component: () => import('@/pages/scores/PeoplePage.vue'),
    meta: { title: 'score-people', group: 'opinions', roles: ['room', 'guide', 'department_head', 'supervisor'] },
  },
  {
    path: '/signals',
    name: 'signals',
    component: () => import('@/pages/scores/SignalsPage.vue'),
    meta: { title: 'signals', group: 'opinions', roles: ['supervisor', 'department_head', 'operations', 'committee', 'admin'] },
  },
  {
    path: '/admin/faq/:id?',
    name: 'faq',
    component: () => import('@/pages/faq/FaqPage.vue'),
    meta: { title: 'faq', group: 'catalogue', roles: ['customer_service', 'department_head', 'supervisor', 'admin'] },
  },
  {
    path: '/consents/:id?',
    name: 'consents',
    component: () => import('@/pages/consents/ConsentsPage.vue'),
    meta: { title: 'consents', group: 'messages', roles: ['customer_service', 'supervisor'] },
  },
  {
    path: '/admin/templates/:id?',
    name: 'templates',
    component: () => import('@/pages/templates/TemplatesPage.vue'),
    meta: { title: 'templates', group: 'messages', roles: ['supervisor', 'admin', 'operations'] },
  },
  {
    path: '/admin/hospital',
    name: 'hospital',
    component: () => import('@/pages/catalogue/hospital/HospitalPage.vue'),
    meta: { title: 'hospital', group: 'catalogue', roles: ['admin'], whole: true },
  },
  {
    path: '/admin/campuses/:id?',
    name: 'campuses',
    component: () => import('@/pages/catalogue/campuses/CampusesPage.vue'),
    meta: { title: 'campuses', group: 'catalogue', roles: ['admin'], whole: true },
  },
  {
    path: '/admin/departments/:id?',
    name: 'departments',
    component: () => import('@/pages/catalogue/departments/DepartmentsPage.vue'),
    meta: { title: 'departments', group: 'catalogue', roles: ['admin'] },
  },
  {
    path: '/admin/practitioners/:id?',
    name: 'practitioners',
    component: () => import('@/pages/catalogue/practitioners/PractitionersPage.vue'),
    meta: { title: 'practitioners', group: 'catalogue', roles: ['admin'] },
  },
  {
    path: '/admin/rooms/:id?',
    name: 'rooms',
    component: () => import('@/pages/catalogue/rooms/RoomsPage.vue'),
    meta: { title: 'rooms', group: 'catalogue', roles: ['admin'] },
  },
  {
    path: '/admin/stages',
    name: 'stages',
    component: () => import('@/pages/catalogue/stages/StagesPage.vue'),
    meta: { title: 'stages', group: 'catalogue', roles: ['admin', 'department_head'] },
  },
  {
    path: '/admin/prices',
    name: 'prices',
    component: () => import('@/pages/catalogue/prices/PricesPage.vue'),
    meta: { title: 'prices', group: 'catalogue', roles: ['admin'], whole: true },
  },
  {
    path: '/admin/imports',
    name: 'imports',
    component: () => import('@/pages/imports/ImportsPage.vue'),
    meta: { title: 'imports', group: 'catalogue', roles: ['admin'], whole: true },
  },
  {
    path: '/staff/:id?',
    name: 'staff',
    component: () => import('@/pages/staff/StaffPage.vue'),
    meta: { title: 'staff', group: 'people', roles: ['admin'], whole: true },
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
    {
      path: '/password',
      name: 'password',
      component: () => import('@/pages/password/PasswordPage.vue'),
      meta: { title: 'passwordPage', open: true },
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
  return DOORS.filter((door) => door.meta && !door.meta.isPart && mayOpen(door.meta))
}

/** Gives the page that somebody's day begins with: one of every day, or else the day's reports. */
function firstDoor(): RouteRecordRaw {
  const doors = myDoors()
  const daily = doors.find((door) => !door.meta?.group && door.name !== 'board')
  return daily ?? doors.find((door) => door.name === 'reports') ?? doors[0]!
}

function mayOpen({ roles, whole }: RouteMeta): boolean {
  if (whole && me.value?.departments !== null) return false
  return !roles || hasRole(...roles)
}

router.beforeEach(async (to) => {
  if (to.name === 'password') return await hasOneTimePassword()
  if (to.meta.open) return true
  if (!isSignedIn.value && to.name === 'desk' && (await goesOnAlone())) return true
  if (!isSignedIn.value || !(await recognise())) return { name: 'sign-in', query: { next: to.fullPath } }
  if (me.value?.must_change_password) return { name: 'password', query: { next: to.fullPath } }
  if (to.name === 'home' && myDoors().length > 0) return { path: firstDoor().path.replace(/\/:.*$/, '') }
  if (!mayOpen(to.meta)) return { name: 'home' }
  return true
})

/** The page for a first password of one's own is for nobody else. */
async function hasOneTimePassword(): Promise<true | { name: string }> {
  if (!isSignedIn.value || !(await recognise())) return { name: 'sign-in' }
  return me.value?.must_change_password ? true : { name: 'home' }
}

/** Whether a desk whose browser was ended goes on without its sign-in, because the server is away. */
async function goesOnAlone(): Promise<boolean> {
  if (me.value) return true
  const known = await standIn()
  if (!known || (await isServerThere())) return false
  me.value = known
  return true
}

router.afterEach((to) => {
  document.title = `${say(`shell.${to.meta.title}`)} · ${say('shell.name')}`
})
