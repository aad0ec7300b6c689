using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// The hash of a command's body: the first 8 bytes of a SHA-256 hash. It shows whether a second command with the same
/// client id is a repetition or has another body. The log stores the hash, so the layout of the hashed bytes must never
/// change: kind (4 bytes), then text, ref, reply and meta. Each of these four fields begins with 4 bytes: its length in
/// bytes, or -1 if the field is absent. All numbers are big-endian. The mentions are not hashed, because a silo of
/// version 0.1.0 stores a message without its mentions. A retry of that message through a newer silo must still get the
/// first answer.
/// </summary>
internal static class BodyHash
{
    public static long Compute(Post post)
    {
        const int head = 4 + (4 * 4) + (2 * 8);
        var most = head + Encoding.UTF8.GetMaxByteCount(post.Text?.Length ?? 0) + Encoding.UTF8.GetMaxByteCount(post.Meta?.Length ?? 0);
        var buffer = ArrayPool<byte>.Shared.Rent(most);
        try
        {
            BinaryPrimitives.WriteInt32BigEndian(buffer, (int)post.Kind);
            var used = 4;
            Text(post.Text);
            Number(post.Ref);
            Number(post.Reply);
            Text(post.Meta);

            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(buffer.AsSpan(0, used), hash);
            return BinaryPrimitives.ReadInt64BigEndian(hash);

            void Text(string? text)
            {
                var length = text is null ? -1 : Encoding.UTF8.GetBytes(text, buffer.AsSpan(used + 4));
                BinaryPrimitives.WriteInt32BigEndian(buffer.AsSpan(used), length);
                used += 4 + Math.Max(length, 0);
            }

            void Number(long? number)
            {
                BinaryPrimitives.WriteInt32BigEndian(buffer.AsSpan(used), number is null ? -1 : 8);
                used += 4;
                if (number is { } value)
                {
                    BinaryPrimitives.WriteInt64BigEndian(buffer.AsSpan(used), value);
                    used += 8;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
