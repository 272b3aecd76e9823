"""Notes get structure, templates, a cosignature and versions; a closed visit takes nothing more."""

import django.contrib.postgres.fields
import django.db.models.deletion
import emr.shared.records
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0008_supervisors'),
        ('clinic', '0017_name_variants'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='NoteTemplate',
            fields=[
                ('id', models.UUIDField(default=emr.shared.records.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('name', models.CharField(max_length=80)),
                ('type', models.CharField(choices=[('11506-3', 'Progress note'), ('34117-2', 'History and physical'), ('28570-0', 'Procedure note'), ('34748-4', 'Telephone note'), ('34746-8', 'Nurse note')], default='11506-3', max_length=10)),
                ('visit_types', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, size=None)),
                ('active', models.BooleanField(default=True)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='NoteTemplateSection',
            fields=[
                ('id', models.UUIDField(default=emr.shared.records.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('kind', models.CharField(choices=[('10154-3', 'Chief complaint'), ('10164-2', 'History of present illness'), ('61150-9', 'Subjective'), ('11348-0', 'Past medical history'), ('47519-4', 'Surgical history'), ('10157-6', 'Family history'), ('29762-2', 'Social history'), ('10187-3', 'Review of systems'), ('61149-1', 'Objective'), ('29545-1', 'Physical exam'), ('29554-3', 'Procedure'), ('51848-0', 'Assessment'), ('18776-5', 'Plan'), ('51847-2', 'Assessment and plan'), ('69730-0', 'Instructions')], max_length=10)),
                ('item', models.CharField(blank=True, max_length=40)),
                ('rank', models.PositiveSmallIntegerField(default=1)),
                ('text', models.TextField(blank=True)),
                ('choices', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=200), blank=True, default=list, size=None)),
                ('retired', models.BooleanField(default=False)),
            ],
            options={
                'ordering': ['rank'],
            },
        ),
        migrations.CreateModel(
            name='NoteVersion',
            fields=[
                ('id', models.UUIDField(default=emr.shared.records.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('number', models.PositiveSmallIntegerField()),
                ('signed_at', models.DateTimeField()),
                ('cosigned_at', models.DateTimeField(blank=True, null=True)),
                ('snapshot', models.JSONField()),
                ('content_hash', models.CharField(max_length=64)),
                ('reason', models.CharField(max_length=300)),
            ],
            options={
                'ordering': ['number'],
            },
        ),
        migrations.CreateModel(
            name='TextMacro',
            fields=[
                ('id', models.UUIDField(default=emr.shared.records.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('name', models.CharField(max_length=30)),
                ('text', models.TextField()),
                ('active', models.BooleanField(default=True)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='note',
            name='signed_is_final',
        ),
        migrations.RemoveConstraint(
            model_name='notesection',
            name='clinic_section_kind',
        ),
        migrations.RemoveConstraint(
            model_name='notesection',
            name='clinic_section_once',
        ),
        migrations.AddField(
            model_name='note',
            name='cosign_required',
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name='note',
            name='cosigned_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='note',
            name='cosigned_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='notesection',
            name='copied_from',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.note'),
        ),
        migrations.AddField(
            model_name='notesection',
            name='copied_text',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='notesection',
            name='diagnosis',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='note_sections', to='clinic.encounterdiagnosis'),
        ),
        migrations.AddField(
            model_name='notesection',
            name='finding',
            field=models.CharField(blank=True, choices=[('normal', 'Normal'), ('abnormal', 'Abnormal')], max_length=8),
        ),
        migrations.AddField(
            model_name='notesection',
            name='item',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AlterField(
            model_name='notesection',
            name='kind',
            field=models.CharField(choices=[('10154-3', 'Chief complaint'), ('10164-2', 'History of present illness'), ('61150-9', 'Subjective'), ('11348-0', 'Past medical history'), ('47519-4', 'Surgical history'), ('10157-6', 'Family history'), ('29762-2', 'Social history'), ('10187-3', 'Review of systems'), ('61149-1', 'Objective'), ('29545-1', 'Physical exam'), ('29554-3', 'Procedure'), ('51848-0', 'Assessment'), ('18776-5', 'Plan'), ('51847-2', 'Assessment and plan'), ('69730-0', 'Instructions')], max_length=10),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='allergyintolerance',
            trigger=pgtrigger.compiler.Trigger(name='visit_open', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NEW.encounter_id IS NULL OR TG_OP = 'UPDATE' AND NEW.encounter_id IS NOT DISTINCT FROM OLD.encounter_id THEN\n        RETURN NEW;\n    END IF;\n    PERFORM FROM clinic_encounter WHERE id = NEW.encounter_id FOR KEY SHARE;\n    IF EXISTS (\n        SELECT FROM clinic_note\n        WHERE encounter_id = NEW.encounter_id AND signed_at IS NOT NULL AND entered_in_error_at IS NULL\n        AND type <> '34746-8'\n    ) THEN\n        RAISE EXCEPTION 'The visit is closed by its signed note: nothing is attached to it any more.'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'clinic_visit_closed';\n    END IF;\n    RETURN NEW;\n", hash='3201bfb0140ab8a7df8eaf3a0479171dfdde930a', operation='INSERT OR UPDATE', pgid='pgtrigger_visit_open_a3c41', table='clinic_allergyintolerance', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='condition',
            trigger=pgtrigger.compiler.Trigger(name='visit_open', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NEW.encounter_id IS NULL OR TG_OP = 'UPDATE' AND NEW.encounter_id IS NOT DISTINCT FROM OLD.encounter_id THEN\n        RETURN NEW;\n    END IF;\n    PERFORM FROM clinic_encounter WHERE id = NEW.encounter_id FOR KEY SHARE;\n    IF EXISTS (\n        SELECT FROM clinic_note\n        WHERE encounter_id = NEW.encounter_id AND signed_at IS NOT NULL AND entered_in_error_at IS NULL\n        AND type <> '34746-8'\n    ) THEN\n        RAISE EXCEPTION 'The visit is closed by its signed note: nothing is attached to it any more.'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'clinic_visit_closed';\n    END IF;\n    RETURN NEW;\n", hash='8d39a88137ef7516c7e096d1f760ceb0a0b78c9c', operation='INSERT OR UPDATE', pgid='pgtrigger_visit_open_274f8', table='clinic_condition', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='encounterdiagnosis',
            trigger=pgtrigger.compiler.Trigger(name='visit_open', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NEW.encounter_id IS NULL OR TG_OP = 'UPDATE' AND NEW.encounter_id IS NOT DISTINCT FROM OLD.encounter_id THEN\n        RETURN NEW;\n    END IF;\n    PERFORM FROM clinic_encounter WHERE id = NEW.encounter_id FOR KEY SHARE;\n    IF EXISTS (\n        SELECT FROM clinic_note\n        WHERE encounter_id = NEW.encounter_id AND signed_at IS NOT NULL AND entered_in_error_at IS NULL\n        AND type <> '34746-8'\n    ) THEN\n        RAISE EXCEPTION 'The visit is closed by its signed note: nothing is attached to it any more.'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'clinic_visit_closed';\n    END IF;\n    RETURN NEW;\n", hash='d35e8f00a4f9845392a352e601f30224f1539d00', operation='INSERT OR UPDATE', pgid='pgtrigger_visit_open_40621', table='clinic_encounterdiagnosis', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='medicationstatement',
            trigger=pgtrigger.compiler.Trigger(name='visit_open', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NEW.encounter_id IS NULL OR TG_OP = 'UPDATE' AND NEW.encounter_id IS NOT DISTINCT FROM OLD.encounter_id THEN\n        RETURN NEW;\n    END IF;\n    PERFORM FROM clinic_encounter WHERE id = NEW.encounter_id FOR KEY SHARE;\n    IF EXISTS (\n        SELECT FROM clinic_note\n        WHERE encounter_id = NEW.encounter_id AND signed_at IS NOT NULL AND entered_in_error_at IS NULL\n        AND type <> '34746-8'\n    ) THEN\n        RAISE EXCEPTION 'The visit is closed by its signed note: nothing is attached to it any more.'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'clinic_visit_closed';\n    END IF;\n    RETURN NEW;\n", hash='52606f65b6e3e2c6f68c238b47bc8f16a1ba11a5', operation='INSERT OR UPDATE', pgid='pgtrigger_visit_open_c5701', table='clinic_medicationstatement', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='note',
            trigger=pgtrigger.compiler.Trigger(name='visit_open', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NEW.encounter_id IS NULL OR TG_OP = 'UPDATE' AND NEW.encounter_id IS NOT DISTINCT FROM OLD.encounter_id THEN\n        RETURN NEW;\n    END IF;\n    PERFORM FROM clinic_encounter WHERE id = NEW.encounter_id FOR KEY SHARE;\n    IF EXISTS (\n        SELECT FROM clinic_note\n        WHERE encounter_id = NEW.encounter_id AND signed_at IS NOT NULL AND entered_in_error_at IS NULL\n        AND type <> '34746-8'\n    ) THEN\n        RAISE EXCEPTION 'The visit is closed by its signed note: nothing is attached to it any more.'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'clinic_visit_closed';\n    END IF;\n    RETURN NEW;\n", hash='050259a9d20a225aa9804a7ac93792c9c16cc571', operation='INSERT OR UPDATE', pgid='pgtrigger_visit_open_56f49', table='clinic_note', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='note',
            trigger=pgtrigger.compiler.Trigger(name='signed_is_final', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF OLD.signed_at IS NOT NULL AND NEW.signed_at IS NULL AND NEW.status = 'preliminary'\n        AND to_jsonb(NEW) - '{status,updated_at,signed_at,signed_by_id,snapshot,content_hash,cosigned_at,cosigned_by_id,version}'::text[] IS NOT DISTINCT FROM to_jsonb(OLD) - '{status,updated_at,signed_at,signed_by_id,snapshot,content_hash,cosigned_at,cosigned_by_id,version}'::text[]\n        AND EXISTS (\n            SELECT FROM clinic_noteversion kept\n            WHERE kept.note_id = OLD.id AND kept.signed_at = OLD.signed_at AND kept.signed_by_id = OLD.signed_by_id\n            AND kept.content_hash = OLD.content_hash AND kept.snapshot = OLD.snapshot\n        )\n    THEN\n        RETURN NEW;\n    END IF;\n    IF OLD.signed_at IS NOT NULL AND (\n        to_jsonb(NEW) - '{patient_id,status,updated_at,confidential,cosigned_at,cosigned_by_id,entered_in_error_at,entered_in_error_by_id,entered_in_error_reason}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{patient_id,status,updated_at,confidential,cosigned_at,cosigned_by_id,entered_in_error_at,entered_in_error_by_id,entered_in_error_reason}'::text[]\n        OR OLD.confidential AND NOT NEW.confidential\n        OR NEW.status NOT IN ('amended', 'entered-in-error', OLD.status)\n        OR OLD.cosigned_at IS NOT NULL\n            AND (OLD.cosigned_at, OLD.cosigned_by_id) IS DISTINCT FROM (NEW.cosigned_at, NEW.cosigned_by_id)\n    ) THEN\n        RAISE EXCEPTION 'A signed note does not change: write an addendum.' USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n", hash='3992f25eb10e402428818e6e489235f5fb698fd8', operation='UPDATE', pgid='pgtrigger_signed_is_final_5400a', table='clinic_note', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='procedure',
            trigger=pgtrigger.compiler.Trigger(name='visit_open', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NEW.encounter_id IS NULL OR TG_OP = 'UPDATE' AND NEW.encounter_id IS NOT DISTINCT FROM OLD.encounter_id THEN\n        RETURN NEW;\n    END IF;\n    PERFORM FROM clinic_encounter WHERE id = NEW.encounter_id FOR KEY SHARE;\n    IF EXISTS (\n        SELECT FROM clinic_note\n        WHERE encounter_id = NEW.encounter_id AND signed_at IS NOT NULL AND entered_in_error_at IS NULL\n        AND type <> '34746-8'\n    ) THEN\n        RAISE EXCEPTION 'The visit is closed by its signed note: nothing is attached to it any more.'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'clinic_visit_closed';\n    END IF;\n    RETURN NEW;\n", hash='92ada6311906f09f178fda28e65ceaf2ed3fa98e', operation='INSERT OR UPDATE', pgid='pgtrigger_visit_open_61f44', table='clinic_procedure', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='notesection',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['10154-3', '10164-2', '61150-9', '11348-0', '47519-4', '10157-6', '29762-2', '10187-3', '61149-1', '29545-1', '29554-3', '51848-0', '18776-5', '51847-2', '69730-0'])), name='clinic_section_kind'),
        ),
        migrations.AddConstraint(
            model_name='notesection',
            constraint=models.UniqueConstraint(fields=('note', 'kind', 'item', 'diagnosis'), name='clinic_section_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='notesection',
            constraint=models.CheckConstraint(condition=models.Q(('item', ''), ('item__regex', '^[a-z][a-z0-9-]*$'), _connector='OR'), name='clinic_section_item'),
        ),
        migrations.AddConstraint(
            model_name='notesection',
            constraint=models.CheckConstraint(condition=models.Q(('finding', ''), models.Q(('finding__in', ['normal', 'abnormal']), models.Q(('item', ''), _negated=True)), _connector='OR'), name='clinic_section_finding'),
        ),
        migrations.AddConstraint(
            model_name='notesection',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('copied_from', None), ('copied_text', '')), models.Q(('copied_from', None), _negated=True), _connector='OR'), name='clinic_section_copied'),
        ),
        migrations.AddField(
            model_name='notetemplate',
            name='created_by',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='notetemplate',
            name='owner',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='note_templates', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='note',
            name='template',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notes', to='clinic.notetemplate'),
        ),
        migrations.AddIndex(
            model_name='note',
            index=models.Index(condition=models.Q(('cosign_required', True), ('cosigned_at', None), ('signed_at__isnull', False)), fields=['cosigner', 'signed_at'], name='clinic_note_to_cosign'),
        ),
        migrations.AddConstraint(
            model_name='note',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cosigned_at__isnull', True), ('cosigned_by__isnull', True)), models.Q(('cosigned_at__isnull', False), ('cosigned_by__isnull', False)), _connector='OR'), name='clinic_note_cosigned_paired'),
        ),
        migrations.AddConstraint(
            model_name='note',
            constraint=models.CheckConstraint(condition=models.Q(('cosigned_at', None), models.Q(('cosigned_at__gte', models.F('signed_at')), ('signed_at__isnull', False), models.Q(('cosigned_by', models.F('signed_by')), _negated=True)), _connector='OR'), name='clinic_note_cosigned_by_another'),
        ),
        migrations.AddField(
            model_name='notetemplatesection',
            name='created_by',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='notetemplatesection',
            name='template',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sections', to='clinic.notetemplate'),
        ),
        migrations.AddField(
            model_name='noteversion',
            name='cosigned_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='noteversion',
            name='created_by',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='noteversion',
            name='note',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='clinic.note'),
        ),
        migrations.AddField(
            model_name='noteversion',
            name='signed_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='textmacro',
            name='created_by',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='textmacro',
            name='owner',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='macros', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='notetemplate',
            constraint=models.CheckConstraint(condition=models.Q(('type__in', ['11506-3', '34117-2', '28570-0', '34748-4', '34746-8'])), name='clinic_template_type'),
        ),
        migrations.AddConstraint(
            model_name='notetemplate',
            constraint=models.CheckConstraint(condition=models.Q(('name__regex', '\\S')), name='clinic_template_named'),
        ),
        migrations.AddConstraint(
            model_name='notetemplate',
            constraint=models.UniqueConstraint(condition=models.Q(('active', True)), fields=('owner', 'type', 'name'), name='clinic_template_once', nulls_distinct=False),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='notetemplate',
            trigger=pgtrigger.compiler.Trigger(name='audit_guard', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n    PERFORM audit_require(\n        TG_OP, 'clinic.notetemplate',\n        CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END,\n        CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END,\n        '{last_login,password,updated_at}'::text[]\n    );\n    RETURN NULL;\n", hash='4fb62749639944d161f9a51fbaa9ae7c6d0d477f', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_guard_2583c', table='clinic_notetemplate', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='notetemplatesection',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['10154-3', '10164-2', '61150-9', '11348-0', '47519-4', '10157-6', '29762-2', '10187-3', '61149-1', '29545-1', '29554-3', '51848-0', '18776-5', '51847-2', '69730-0'])), name='clinic_template_section_kind'),
        ),
        migrations.AddConstraint(
            model_name='notetemplatesection',
            constraint=models.CheckConstraint(condition=models.Q(('item', ''), ('item__regex', '^[a-z][a-z0-9-]*$'), _connector='OR'), name='clinic_template_section_item'),
        ),
        migrations.AddConstraint(
            model_name='notetemplatesection',
            constraint=models.UniqueConstraint(condition=models.Q(('retired', False)), fields=('template', 'kind', 'item'), name='clinic_template_section_once'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='notetemplatesection',
            trigger=pgtrigger.compiler.Trigger(name='audit_guard', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n    PERFORM audit_require(\n        TG_OP, 'clinic.notetemplatesection',\n        CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END,\n        CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END,\n        '{last_login,password,updated_at}'::text[]\n    );\n    RETURN NULL;\n", hash='73351261187d759cde2ee7db7605fb3b7ae560a6', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_guard_60daf', table='clinic_notetemplatesection', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='noteversion',
            constraint=models.UniqueConstraint(fields=('note', 'number'), name='clinic_note_version_number'),
        ),
        migrations.AddConstraint(
            model_name='noteversion',
            constraint=models.CheckConstraint(condition=models.Q(('reason__regex', '\\S')), name='clinic_note_version_reason'),
        ),
        migrations.AddConstraint(
            model_name='noteversion',
            constraint=models.CheckConstraint(condition=models.Q(('content_hash__regex', '^[0-9a-f]{64}$')), name='clinic_note_version_hash'),
        ),
        migrations.AddConstraint(
            model_name='noteversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cosigned_at__isnull', True), ('cosigned_by__isnull', True)), models.Q(('cosigned_at__isnull', False), ('cosigned_by__isnull', False)), _connector='OR'), name='clinic_note_version_cosigned'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='noteversion',
            trigger=pgtrigger.compiler.Trigger(name='audit_guard', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n    PERFORM audit_require(\n        TG_OP, 'clinic.noteversion',\n        CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END,\n        CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END,\n        '{last_login,password,updated_at}'::text[]\n    );\n    RETURN NULL;\n", hash='445dd4978ec48fb15a1b5cf3fb710aa5ab499eab', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_guard_78ec5', table='clinic_noteversion', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='noteversion',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    RAISE EXCEPTION 'clinic_noteversion is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';\n", hash='7d39237f1a15ee6326081a888a9fd97cc9783b52', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_049b5', table='clinic_noteversion', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='noteversion',
            trigger=pgtrigger.compiler.Trigger(name='no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    RAISE EXCEPTION 'clinic_noteversion is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';\n", hash='aecdb427dd2e731cd9557accf667286b208c56fd', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_no_truncate_8f144', table='clinic_noteversion', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='textmacro',
            constraint=models.CheckConstraint(condition=models.Q(('name__regex', '^[a-z][a-z0-9-]{1,29}$')), name='clinic_macro_name'),
        ),
        migrations.AddConstraint(
            model_name='textmacro',
            constraint=models.CheckConstraint(condition=models.Q(('text__regex', '\\S')), name='clinic_macro_text'),
        ),
        migrations.AddConstraint(
            model_name='textmacro',
            constraint=models.UniqueConstraint(condition=models.Q(('active', True)), fields=('owner', 'name'), name='clinic_macro_once', nulls_distinct=False),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='textmacro',
            trigger=pgtrigger.compiler.Trigger(name='audit_guard', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n    PERFORM audit_require(\n        TG_OP, 'clinic.textmacro',\n        CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END,\n        CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END,\n        '{last_login,password,updated_at}'::text[]\n    );\n    RETURN NULL;\n", hash='e9e288f0993ff6e44c49ca9aae8d6a65d0aa42a6', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_guard_90839', table='clinic_textmacro', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
    ]
