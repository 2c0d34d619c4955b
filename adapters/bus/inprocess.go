package bus

import (
	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/gochannel"
)

// InProcess returns both ends of a channel within this process. A message is
// published when every subscriber of its topic has acknowledged it: the only
// setting of watermill's channel that keeps the order. So a slow subscriber holds
// up its bridge, and nothing else. Nothing is kept for those who subscribe later:
// subscribe before the bridge runs, or use [Reactions]. Closing either end closes
// both.
func InProcess() (message.Publisher, message.Subscriber) {
	channel := gochannel.NewGoChannel(gochannel.Config{
		BlockPublishUntilSubscriberAck: true,
		Persistent:                     false,
	}, watermill.NopLogger{})
	return channel, channel
}
