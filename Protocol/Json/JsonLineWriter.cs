using System.Buffers;
using System.Text.Json;

namespace OrleansChat.Protocol.Json;

/// <summary>
/// Writes one JSON object without white space, and therefore on one line. Fields that are null or false are left out:
/// on the wire, an absent field means null or false.
/// </summary>
internal sealed class JsonLineWriter : IDisposable
{
    private static readonly JsonWriterOptions Options = new() { Encoder = PlainEncoder.Instance, SkipValidation = true };

    private readonly Utf8JsonWriter _json;

    public JsonLineWriter(IBufferWriter<byte> into)
    {
        _json = new Utf8JsonWriter(into, Options);
        _json.WriteStartObject();
    }

    public void Add(Field field, string? value)
    {
        if (value is not null)
        {
            _json.WriteString(Words<Field>.Of(field), value);
        }
    }

    public void Add(Field field, long? value)
    {
        if (value is { } number)
        {
            _json.WriteNumber(Words<Field>.Of(field), number);
        }
    }

    public void AddFlag(Field field, bool value)
    {
        if (value)
        {
            _json.WriteBoolean(Words<Field>.Of(field), true);
        }
    }

    /// <summary>
    /// Writes true or false; null is left out. Use this for a field in which false and absent have different meanings.
    /// </summary>
    public void AddEither(Field field, bool? value)
    {
        if (value is { } either)
        {
            _json.WriteBoolean(Words<Field>.Of(field), either);
        }
    }

    public void AddWord<T>(Field field, T value)
        where T : struct, Enum => _json.WriteString(Words<Field>.Of(field), Words<T>.Of(value));

    /// <summary>
    /// Writes a JSON value verbatim; null is left out. Throws <see cref="JsonException"/> if the value is not JSON.
    /// </summary>
    public void AddJson(Field field, string? value)
    {
        if (value is not null)
        {
            _json.WritePropertyName(Words<Field>.Of(field));
            _json.WriteRawValue(value);
        }
    }

    public void AddStrings(Field field, IReadOnlyList<string>? values)
    {
        if (values is null)
        {
            return;
        }

        StartArray(field);
        foreach (var value in values)
        {
            _json.WriteStringValue(value);
        }

        EndArray();
    }

    public void StartObject(Field field) => _json.WriteStartObject(Words<Field>.Of(field));

    public void StartObject(string name) => _json.WriteStartObject(name);

    public void StartObject() => _json.WriteStartObject();

    public void EndObject() => _json.WriteEndObject();

    public void StartArray(Field field) => _json.WriteStartArray(Words<Field>.Of(field));

    public void EndArray() => _json.WriteEndArray();

    /// <summary>Ends the object and flushes the bytes to the buffer writer.</summary>
    public void Dispose()
    {
        _json.WriteEndObject();
        _json.Dispose();
    }
}
