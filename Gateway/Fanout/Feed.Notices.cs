using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Fanout;

/// <summary>Comings and goings: notices are numbered, and one that was missed is seen by the next.</summary>
internal sealed partial class Feed
{
    private NoticeMark _heard;

    /// <summary>The last notice of comings and goings that was told; default for none.</summary>
    public NoticeMark Heard
    {
        get
        {
            lock (_gate)
            {
                return _heard;
            }
        }
    }

    /// <summary>Tells who came and went, each notice once and in order.</summary>
    /// <returns>False where one before it was missed: the room has them.</returns>
    public bool Tell(RoomAttendance notice)
    {
        lock (_gate)
        {
            var (mark, heard) = (notice.Mark, _heard);
            if (mark.Activation < heard.Activation || (mark.Activation == heard.Activation && mark.Number <= heard.Number))
            {
                return true;
            }

            if (heard != default && mark != heard with { Number = heard.Number + 1 })
            {
                return false;
            }

            TellNext(notice);
            return true;
        }
    }

    /// <summary>Tells what was missed.</summary>
    public void TellMissed(RoomAttendance[] notices)
    {
        lock (_gate)
        {
            foreach (var notice in notices)
            {
                if (notice.Mark.Activation > _heard.Activation || (notice.Mark.Activation == _heard.Activation && notice.Mark.Number > _heard.Number))
                {
                    TellNext(notice);
                }
            }
        }
    }

    /// <summary>Under the lock.</summary>
    private void TellNext(RoomAttendance notice)
    {
        _heard = notice.Mark;
        foreach (var user in notice.Went)
        {
            Offer(of => new Presence(of, user, false, notice.Count));
        }

        foreach (var user in notice.Came)
        {
            Offer(of => new Presence(of, user, true, notice.Count));
        }

        if (notice is { Came.Length: 0, Went.Length: 0 })
        {
            Offer(of => new Presence(of, null, null, notice.Count));
        }
    }
}
