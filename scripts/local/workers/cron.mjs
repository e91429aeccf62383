/** Stands in for the platform's clock: hands the event that a cron brings to the Worker. Runs in workerd. */

export default {
  async fetch(request, env) {
    const { outcome } = await env.GATE.scheduled({ scheduledTime: new Date(), cron: await request.text() });
    return new Response(outcome);
  },
};
