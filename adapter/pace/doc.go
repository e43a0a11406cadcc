// Package pace keeps deliveries at a speed that an application can bear: so many requests in a time, so many under way at
// once, less of both when it answers that it is too much, and none but a probe now and then while it cannot be reached.
//
// All that tell one application share one [Application]. Each request enters, and tells what came of it when it is over:
//
//	ticket, err := app.Enter(ctx, stop, pace.Request{Subject: resource})
//	if err != nil {
//		return err // nothing was sent
//	}
//	…
//	ticket.Done(pace.Answer{Status: resp.StatusCode})
//
// Who plans deliveries asks [Application.Room] how many may run, and is told by [Application.Watch] to ask again.
//
// What is known of an application is kept in memory, by each process for itself: one that starts begins with the breaker
// closed and at full speed, and several processes that tell one application each keep to the rate.
package pace
