"""Family history, devices, the care team and its goals, letters, messages, and cover for who is away."""

import clinic.models.coverages
import django.contrib.postgres.constraints
import django.db.models.deletion
import emr.shared.fields
import emr.shared.records
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('clinic', '0019_orders_and_prescriptions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CareGapDecision',
            fields=[
                ('id', models.UUIDField(default=emr.shared.records.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('entered_in_error_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('entered_in_error_reason', models.CharField(blank=True, editable=False, max_length=300)),
                ('rule', models.CharField(max_length=60)),
                ('rule_version', models.CharField(max_length=20)),
                ('decision', models.CharField(choices=[('done-elsewhere', 'Done elsewhere'), ('declined', 'The patient declines'), ('not-applicable', 'Does not apply'), ('later', 'Later')], max_length=14)),
                ('until', models.DateField(blank=True, null=True)),
                ('done_on', models.DateField(blank=True, null=True)),
                ('reason', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='CarePlan',
            fields=[
                ('id', models.UUIDField(default=emr.shared.records.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('entered_in_error_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('entered_in_error_reason', models.CharField(blank=True, editable=False, max_length=300)),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('active', 'Active'), ('on-hold', 'On hold'), ('completed', 'Completed'), ('revoked', 'Ended early')], default='active', max_length=9)),
                ('status_reason', models.CharField(blank=True, max_length=300)),
                ('title', models.CharField(max_length=120)),
                ('description', models.TextField(blank=True)),
                ('period_start', models.DateField(blank=True, null=True)),
                ('period_end', models.DateField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-period_start'],
            },
        ),
        migrations.CreateModel(
            name='CareTeamMember',
            fields=[
                ('id', models.UUIDField(default=emr.shared.records.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('entered_in_error_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('entered_in_error_reason', models.CharField(blank=True, editable=False, max_length=300)),
                ('name', models.CharField(blank=True, max_length=120)),
                ('organization', models.CharField(blank=True, max_length=120)),
                ('role', models.CharField(help_text='Primary care, cardiologist, case manager, daughter.', max_length=80)),
                ('phone', models.CharField(blank=True, max_length=20)),
                ('fax', models.CharField(blank=True, max_length=20)),
                ('period_start', models.DateField(blank=True, null=True)),
                ('period_end', models.DateField(blank=True, null=True)),
            ],
            options={
                'ordering': ['role', 'created_at'],
            },
        ),
        migrations.CreateModel(
            name='Communication',
            fields=[
                ('id', models.UUIDField(default=emr.shared.records.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('subject', models.CharField(max_length=150)),
                ('text', models.TextField()),
                ('urgent', models.BooleanField(default=False)),
            ],
            options={
                'ordering': ['created_at'],
            },
        ),
        migrations.CreateModel(
            name='CommunicationRecipient',
            fields=[
                ('id', models.UUIDField(default=emr.shared.records.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('read_at', models.DateTimeField(blank=True, null=True)),
                ('archived_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['created_at'],
            },
        ),
        migrations.CreateModel(
            name='Delegation',
            fields=[
                ('id', models.UUIDField(default=emr.shared.records.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('entered_in_error_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('entered_in_error_reason', models.CharField(blank=True, editable=False, max_length=300)),
                ('period_start', models.DateField()),
                ('period_end', models.DateField()),
                ('note', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'ordering': ['-period_start'],
            },
        ),
        migrations.CreateModel(
            name='Device',
            fields=[
                ('id', models.UUIDField(default=emr.shared.records.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('entered_in_error_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('entered_in_error_reason', models.CharField(blank=True, editable=False, max_length=300)),
                ('system', models.CharField(blank=True, max_length=200)),
                ('code', models.CharField(blank=True, max_length=64)),
                ('display', models.CharField(max_length=500)),
                ('status', models.CharField(choices=[('active', 'In place'), ('inactive', 'Removed'), ('unknown', 'Not known')], default='active', max_length=8)),
                ('status_reason', models.CharField(blank=True, max_length=300)),
                ('udi', models.CharField(blank=True, max_length=250, verbose_name='UDI')),
                ('issuer', models.CharField(blank=True, help_text='GS1, HIBCC or ICCBBA.', max_length=100)),
                ('device_identifier', models.CharField(blank=True, max_length=100)),
                ('lot_number', models.CharField(blank=True, max_length=60)),
                ('serial_number', models.CharField(blank=True, max_length=60)),
                ('distinct_identifier', models.CharField(blank=True, help_text='Of a tissue or cell product.', max_length=100)),
                ('manufacture_date', models.DateField(blank=True, null=True)),
                ('expiration_date', models.DateField(blank=True, null=True)),
                ('manufacturer', models.CharField(blank=True, max_length=120)),
                ('model_number', models.CharField(blank=True, max_length=60)),
                ('body_site', models.CharField(blank=True, max_length=100)),
                ('implanted_on', models.DateField(blank=True, null=True)),
                ('removed_on', models.DateField(blank=True, null=True)),
                ('note', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'ordering': ['-implanted_on', 'display'],
            },
        ),
        migrations.CreateModel(
            name='FamilyMemberHistory',
            fields=[
                ('id', models.UUIDField(default=emr.shared.records.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('entered_in_error_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('entered_in_error_reason', models.CharField(blank=True, editable=False, max_length=300)),
                ('system', models.CharField(blank=True, max_length=200)),
                ('code', models.CharField(blank=True, max_length=64)),
                ('display', models.CharField(max_length=500)),
                ('status', models.CharField(choices=[('completed', 'Asked'), ('health-unknown', 'Not known')], default='completed', max_length=14)),
                ('none_known', models.BooleanField(default=False)),
                ('relationship', models.CharField(blank=True, choices=[('NMTH', 'Mother'), ('NFTH', 'Father'), ('NSIS', 'Sister'), ('NBRO', 'Brother'), ('DAUC', 'Daughter'), ('SONC', 'Son'), ('MGRMTH', "Mother's mother"), ('MGRFTH', "Mother's father"), ('PGRMTH', "Father's mother"), ('PGRFTH', "Father's father"), ('MAUNT', "Mother's sister"), ('MUNCLE', "Mother's brother"), ('PAUNT', "Father's sister"), ('PUNCLE', "Father's brother"), ('FAMMEMB', 'Other relative')], max_length=7)),
                ('onset_age', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('deceased', models.BooleanField(blank=True, null=True)),
                ('death_age', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('contributed_to_death', models.BooleanField(default=False)),
                ('note', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'ordering': ['relationship', 'display'],
            },
        ),
        migrations.CreateModel(
            name='Goal',
            fields=[
                ('id', models.UUIDField(default=emr.shared.records.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('entered_in_error_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('entered_in_error_reason', models.CharField(blank=True, editable=False, max_length=300)),
                ('status', models.CharField(choices=[('proposed', 'Proposed'), ('active', 'Active'), ('on-hold', 'On hold'), ('completed', 'Completed'), ('cancelled', 'Given up')], default='active', max_length=9)),
                ('achievement', models.CharField(blank=True, choices=[('in-progress', 'In progress'), ('improving', 'Improving'), ('worsening', 'Worsening'), ('no-change', 'No change'), ('achieved', 'Achieved'), ('not-achieved', 'Not achieved')], max_length=12)),
                ('description', models.CharField(max_length=300)),
                ('start_date', models.DateField(blank=True, null=True)),
                ('due_date', models.DateField(blank=True, null=True)),
                ('measure_code', models.CharField(blank=True, help_text='LOINC code of what is measured.', max_length=20)),
                ('measure_display', models.CharField(blank=True, max_length=200)),
                ('target_low', emr.shared.fields.ExactDecimalField(blank=True, decimal_places=10, max_digits=30, null=True)),
                ('target_high', emr.shared.fields.ExactDecimalField(blank=True, decimal_places=10, max_digits=30, null=True)),
                ('target_unit', models.CharField(blank=True, help_text='UCUM code.', max_length=40)),
                ('expressed_by_patient', models.BooleanField(default=False)),
                ('note', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'ordering': ['due_date', 'created_at'],
            },
        ),
        migrations.CreateModel(
            name='Letter',
            fields=[
                ('id', models.UUIDField(default=emr.shared.records.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('entered_in_error_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('entered_in_error_reason', models.CharField(blank=True, editable=False, max_length=300)),
                ('kind', models.CharField(choices=[('referral', 'Referral'), ('work', 'Note for work'), ('school', 'Note for school'), ('results', 'Results to the patient'), ('recall', 'Recall'), ('appeal', 'To a payer'), ('other', 'Letter')], default='other', max_length=8)),
                ('status', models.CharField(choices=[('preliminary', 'Draft'), ('final', 'Signed'), ('entered-in-error', 'Entered in error')], default='preliminary', max_length=16)),
                ('recipient', models.CharField(blank=True, max_length=120)),
                ('recipient_address', models.CharField(blank=True, max_length=300)),
                ('subject', models.CharField(blank=True, max_length=150)),
                ('body', models.TextField(blank=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('signed_at', models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='LetterTemplate',
            fields=[
                ('id', models.UUIDField(default=emr.shared.records.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('name', models.CharField(max_length=80)),
                ('kind', models.CharField(choices=[('referral', 'Referral'), ('work', 'Note for work'), ('school', 'Note for school'), ('results', 'Results to the patient'), ('recall', 'Recall'), ('appeal', 'To a payer'), ('other', 'Letter')], default='other', max_length=8)),
                ('subject', models.CharField(blank=True, max_length=150)),
                ('body', models.TextField()),
                ('language', models.CharField(default='en', max_length=10)),
                ('active', models.BooleanField(default=True)),
            ],
            options={
                'ordering': ['kind', 'name'],
            },
        ),
        migrations.CreateModel(
            name='TaskComment',
            fields=[
                ('id', models.UUIDField(default=emr.shared.records.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('text', models.CharField(max_length=1000)),
            ],
            options={
                'ordering': ['created_at'],
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='documentreference',
            name='fixed',
        ),
        migrations.RemoveConstraint(
            model_name='documentreference',
            name='clinic_document_category',
        ),
        migrations.AddField(
            model_name='documentreference',
            name='document_date',
            field=models.DateField(blank=True, null=True, verbose_name='dated'),
        ),
        migrations.AddField(
            model_name='documentreference',
            name='encounter',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='clinic.encounter'),
        ),
        migrations.AddField(
            model_name='documentreference',
            name='review_comment',
            field=models.CharField(blank=True, editable=False, max_length=500),
        ),
        migrations.AddField(
            model_name='documentreference',
            name='reviewed_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='documentreference',
            name='reviewed_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='documentreference',
            name='reviewer',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='task',
            name='due_date',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='task',
            name='priority',
            field=models.CharField(choices=[('routine', 'Routine'), ('urgent', 'Urgent'), ('stat', 'At once')], default='routine', max_length=7),
        ),
        migrations.AlterField(
            model_name='documentreference',
            name='category',
            field=models.CharField(choices=[('photo', 'Photo of the patient'), ('identity_card', 'Photo ID'), ('insurance_card_front', 'Insurance card, front'), ('insurance_card_back', 'Insurance card, back'), ('consent', 'Consent'), ('questionnaire', 'Questionnaire'), ('letter', 'Letter of the clinic'), ('consultation', 'Consultation report'), ('laboratory', 'Laboratory report'), ('imaging', 'Imaging report'), ('hospital', 'Hospital record'), ('outside_record', 'Outside record'), ('legal', 'Legal paper or advance directive'), ('other', 'Other')], max_length=20),
        ),
        migrations.AddIndex(
            model_name='documentreference',
            index=models.Index(condition=models.Q(('reviewed_at', None), ('reviewer__isnull', False), ('status', 'current')), fields=['reviewer', 'created_at'], name='clinic_document_to_review'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='documentreference',
            trigger=pgtrigger.compiler.Trigger(name='visit_open', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NEW.encounter_id IS NULL OR TG_OP = 'UPDATE' AND NEW.encounter_id IS NOT DISTINCT FROM OLD.encounter_id THEN\n        RETURN NEW;\n    END IF;\n    PERFORM FROM clinic_encounter WHERE id = NEW.encounter_id FOR KEY SHARE;\n    IF EXISTS (\n        SELECT FROM clinic_note\n        WHERE encounter_id = NEW.encounter_id AND signed_at IS NOT NULL AND entered_in_error_at IS NULL\n        AND type <> '34746-8'\n    ) THEN\n        RAISE EXCEPTION 'The visit is closed by its signed note: nothing is attached to it any more.'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'clinic_visit_closed';\n    END IF;\n    RETURN NEW;\n", hash='683600761df358c4be50b81f506bf30c4220775b', operation='INSERT OR UPDATE', pgid='pgtrigger_visit_open_a722d', table='clinic_documentreference', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='documentreference',
            trigger=pgtrigger.compiler.Trigger(name='fixed', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF to_jsonb(NEW) - '{status,description,category,patient_id,coverage_id,updated_at,reviewer_id,reviewed_at,reviewed_by_id,review_comment,entered_in_error_at,entered_in_error_by_id,entered_in_error_reason}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{status,description,category,patient_id,coverage_id,updated_at,reviewer_id,reviewed_at,reviewed_by_id,review_comment,entered_in_error_at,entered_in_error_by_id,entered_in_error_reason}'::text[] THEN\n        RAISE EXCEPTION 'The content of a document does not change; it is replaced.' USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n", hash='9ee567ae2e1ddc93c399aeb2ffded2b8e3166880', operation='UPDATE', pgid='pgtrigger_fixed_59395', table='clinic_documentreference', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='documentreference',
            constraint=models.CheckConstraint(condition=models.Q(('category__in', ['photo', 'identity_card', 'insurance_card_front', 'insurance_card_back', 'consent', 'questionnaire', 'letter', 'consultation', 'laboratory', 'imaging', 'hospital', 'outside_record', 'legal', 'other'])), name='clinic_document_category'),
        ),
        migrations.AddConstraint(
            model_name='documentreference',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reviewed_at__isnull', True), ('reviewed_by__isnull', True)), models.Q(('reviewed_at__isnull', False), ('reviewed_by__isnull', False)), _connector='OR'), name='clinic_document_reviewed'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.CheckConstraint(condition=models.Q(('priority__in', ['routine', 'urgent', 'stat'])), name='clinic_task_priority'),
        ),
        migrations.AddField(
            model_name='caregapdecision',
            name='created_by',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='caregapdecision',
            name='entered_in_error_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='caregapdecision',
            name='patient',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='care_gap_decisions', to='clinic.patient'),
        ),
        migrations.AddField(
            model_name='careplan',
            name='created_by',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='careplan',
            name='entered_in_error_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='careplan',
            name='patient',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='care_plans', to='clinic.patient'),
        ),
        migrations.AddField(
            model_name='careteammember',
            name='created_by',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='careteammember',
            name='entered_in_error_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='careteammember',
            name='patient',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='care_team', to='clinic.patient'),
        ),
        migrations.AddField(
            model_name='careteammember',
            name='practitioner',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.practitioner'),
        ),
        migrations.AddField(
            model_name='careteammember',
            name='related_person',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.relatedperson'),
        ),
        migrations.AddField(
            model_name='communication',
            name='created_by',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='communication',
            name='patient',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='communications', to='clinic.patient'),
        ),
        migrations.AddField(
            model_name='communication',
            name='thread',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replies', to='clinic.communication'),
        ),
        migrations.AddField(
            model_name='communicationrecipient',
            name='communication',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recipients', to='clinic.communication'),
        ),
        migrations.AddField(
            model_name='communicationrecipient',
            name='created_by',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='communicationrecipient',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='delegation',
            name='created_by',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='delegation',
            name='delegate',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='delegated', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='delegation',
            name='entered_in_error_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='delegation',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='delegations', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='device',
            name='created_by',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='device',
            name='encounter',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.encounter'),
        ),
        migrations.AddField(
            model_name='device',
            name='entered_in_error_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='device',
            name='patient',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='devices', to='clinic.patient'),
        ),
        migrations.AddField(
            model_name='device',
            name='procedure',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='devices', to='clinic.procedure'),
        ),
        migrations.AddField(
            model_name='familymemberhistory',
            name='created_by',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='familymemberhistory',
            name='encounter',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.encounter'),
        ),
        migrations.AddField(
            model_name='familymemberhistory',
            name='entered_in_error_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='familymemberhistory',
            name='patient',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='family_history', to='clinic.patient'),
        ),
        migrations.AddField(
            model_name='goal',
            name='addresses',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='goals', to='clinic.condition'),
        ),
        migrations.AddField(
            model_name='goal',
            name='care_plan',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='goals', to='clinic.careplan'),
        ),
        migrations.AddField(
            model_name='goal',
            name='created_by',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='goal',
            name='entered_in_error_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='goal',
            name='patient',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='goals', to='clinic.patient'),
        ),
        migrations.AddField(
            model_name='letter',
            name='created_by',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='letter',
            name='document',
            field=models.OneToOneField(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='letter', to='clinic.documentreference'),
        ),
        migrations.AddField(
            model_name='letter',
            name='encounter',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='letters', to='clinic.encounter'),
        ),
        migrations.AddField(
            model_name='letter',
            name='entered_in_error_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='letter',
            name='patient',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='letters', to='clinic.patient'),
        ),
        migrations.AddField(
            model_name='letter',
            name='signed_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='lettertemplate',
            name='created_by',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='letter',
            name='template',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='letters', to='clinic.lettertemplate'),
        ),
        migrations.AddField(
            model_name='letter',
            name='order',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='letters', to='clinic.servicerequest'),
        ),
        migrations.AddField(
            model_name='taskcomment',
            name='created_by',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='taskcomment',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comments', to='clinic.task'),
        ),
        migrations.AddIndex(
            model_name='caregapdecision',
            index=models.Index(fields=['patient', 'rule'], name='clinic_gap_patient'),
        ),
        migrations.AddConstraint(
            model_name='caregapdecision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('entered_in_error_at__isnull', True), ('entered_in_error_by__isnull', True), ('entered_in_error_reason', '')), models.Q(('entered_in_error_at__isnull', False), ('entered_in_error_by__isnull', False), models.Q(('entered_in_error_reason', ''), _negated=True)), _connector='OR'), name='clinic_caregapdecision_error_paired'),
        ),
        migrations.AddConstraint(
            model_name='caregapdecision',
            constraint=models.CheckConstraint(condition=models.Q(('decision__in', ['done-elsewhere', 'declined', 'not-applicable', 'later'])), name='clinic_gap_decision'),
        ),
        migrations.AddConstraint(
            model_name='caregapdecision',
            constraint=models.CheckConstraint(condition=models.Q(('rule__regex', '^[a-z][a-z0-9-]+$')), name='clinic_gap_rule'),
        ),
        migrations.AddConstraint(
            model_name='caregapdecision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decision', 'done-elsewhere'), ('done_on__isnull', False)), models.Q(('decision', 'later'), ('done_on', None), ('until__isnull', False)), models.Q(('decision__in', ['declined', 'not-applicable']), ('done_on', None), ('reason__regex', '\\S')), _connector='OR'), name='clinic_gap_whole'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='caregapdecision',
            trigger=pgtrigger.compiler.Trigger(name='audit_guard', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n    PERFORM audit_require(\n        TG_OP, 'clinic.caregapdecision',\n        CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END,\n        CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END,\n        '{last_login,password,updated_at}'::text[]\n    );\n    RETURN NULL;\n", hash='0094d730ebaa713b3ae4e54b1846bce595d1ee28', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_guard_1bf93', table='clinic_caregapdecision', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='careplan',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('entered_in_error_at__isnull', True), ('entered_in_error_by__isnull', True), ('entered_in_error_reason', '')), models.Q(('entered_in_error_at__isnull', False), ('entered_in_error_by__isnull', False), models.Q(('entered_in_error_reason', ''), _negated=True)), _connector='OR'), name='clinic_careplan_error_paired'),
        ),
        migrations.AddConstraint(
            model_name='careplan',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['draft', 'active', 'on-hold', 'completed', 'revoked'])), name='clinic_careplan_status'),
        ),
        migrations.AddConstraint(
            model_name='careplan',
            constraint=models.CheckConstraint(condition=models.Q(('period_end__isnull', True), ('period_end__gte', models.F('period_start')), ('period_start__isnull', True), _connector='OR'), name='clinic_careplan_period'),
        ),
        migrations.AddConstraint(
            model_name='careplan',
            constraint=models.CheckConstraint(condition=models.Q(('title__regex', '\\S')), name='clinic_careplan_title'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='careplan',
            trigger=pgtrigger.compiler.Trigger(name='audit_guard', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n    PERFORM audit_require(\n        TG_OP, 'clinic.careplan',\n        CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END,\n        CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END,\n        '{last_login,password,updated_at}'::text[]\n    );\n    RETURN NULL;\n", hash='0e660fc36afca2a947b9bc0e44fbe15f7b9b4bf6', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_guard_97834', table='clinic_careplan', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='careteammember',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('entered_in_error_at__isnull', True), ('entered_in_error_by__isnull', True), ('entered_in_error_reason', '')), models.Q(('entered_in_error_at__isnull', False), ('entered_in_error_by__isnull', False), models.Q(('entered_in_error_reason', ''), _negated=True)), _connector='OR'), name='clinic_careteammember_error_paired'),
        ),
        migrations.AddConstraint(
            model_name='careteammember',
            constraint=models.CheckConstraint(condition=models.Q(('period_end__isnull', True), ('period_end__gte', models.F('period_start')), ('period_start__isnull', True), _connector='OR'), name='clinic_careteam_period'),
        ),
        migrations.AddConstraint(
            model_name='careteammember',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('name', ''), ('practitioner__isnull', False), ('related_person', None)), models.Q(('name', ''), ('practitioner', None), ('related_person__isnull', False)), models.Q(('name__regex', '\\S'), ('practitioner', None), ('related_person', None)), _connector='OR'), name='clinic_careteam_one'),
        ),
        migrations.AddConstraint(
            model_name='careteammember',
            constraint=models.CheckConstraint(condition=models.Q(('role__regex', '\\S')), name='clinic_careteam_role'),
        ),
        migrations.AddConstraint(
            model_name='careteammember',
            constraint=models.UniqueConstraint(condition=models.Q(('entered_in_error_at', None), ('period_end', None), ('practitioner__isnull', False)), fields=('patient', 'practitioner', 'role'), name='clinic_careteam_once'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='careteammember',
            trigger=pgtrigger.compiler.Trigger(name='audit_guard', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n    PERFORM audit_require(\n        TG_OP, 'clinic.careteammember',\n        CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END,\n        CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END,\n        '{last_login,password,updated_at}'::text[]\n    );\n    RETURN NULL;\n", hash='0ca2dbe98ad6fce15976f1070c49e1095611ef24', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_guard_d821d', table='clinic_careteammember', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='communication',
            index=models.Index(fields=['created_by', '-created_at'], name='clinic_message_sent'),
        ),
        migrations.AddIndex(
            model_name='communication',
            index=models.Index(fields=['patient', '-created_at'], name='clinic_message_patient'),
        ),
        migrations.AddConstraint(
            model_name='communication',
            constraint=models.CheckConstraint(condition=models.Q(('subject__regex', '\\S'), ('text__regex', '\\S')), name='clinic_message_words'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='communication',
            trigger=pgtrigger.compiler.Trigger(name='audit_guard', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n    PERFORM audit_require(\n        TG_OP, 'clinic.communication',\n        CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END,\n        CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END,\n        '{last_login,password,updated_at}'::text[]\n    );\n    RETURN NULL;\n", hash='fbb156791d946e4b79721d17b92de15baa8b4cf8', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_guard_bde72', table='clinic_communication', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='communication',
            trigger=pgtrigger.compiler.Trigger(name='fixed', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - '{patient_id,updated_at}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{patient_id,updated_at}'::text[] THEN\n        RAISE EXCEPTION 'clinic_communication is fixed once it is written: % refused', TG_OP USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n", hash='19ea2c94834ae2cda95de0080abc8ae2354abe1f', operation='UPDATE OR DELETE', pgid='pgtrigger_fixed_34a30', table='clinic_communication', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='communicationrecipient',
            index=models.Index(condition=models.Q(('archived_at', None)), fields=['user', '-created_at'], name='clinic_message_in'),
        ),
        migrations.AddConstraint(
            model_name='communicationrecipient',
            constraint=models.UniqueConstraint(fields=('communication', 'user'), name='clinic_message_once'),
        ),
        migrations.AddConstraint(
            model_name='communicationrecipient',
            constraint=models.CheckConstraint(condition=models.Q(('archived_at', None), ('archived_at__gte', models.F('read_at')), _connector='OR'), name='clinic_message_read_first'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='communicationrecipient',
            trigger=pgtrigger.compiler.Trigger(name='audit_guard', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n    PERFORM audit_require(\n        TG_OP, 'clinic.communicationrecipient',\n        CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END,\n        CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END,\n        '{last_login,password,updated_at}'::text[]\n    );\n    RETURN NULL;\n", hash='f41168a09fc28d80658e190b6dfd22e492f24484', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_guard_96c6c', table='clinic_communicationrecipient', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='delegation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('entered_in_error_at__isnull', True), ('entered_in_error_by__isnull', True), ('entered_in_error_reason', '')), models.Q(('entered_in_error_at__isnull', False), ('entered_in_error_by__isnull', False), models.Q(('entered_in_error_reason', ''), _negated=True)), _connector='OR'), name='clinic_delegation_error_paired'),
        ),
        migrations.AddConstraint(
            model_name='delegation',
            constraint=models.CheckConstraint(condition=models.Q(('period_end__isnull', True), ('period_end__gte', models.F('period_start')), ('period_start__isnull', True), _connector='OR'), name='clinic_delegation_period'),
        ),
        migrations.AddConstraint(
            model_name='delegation',
            constraint=models.CheckConstraint(condition=models.Q(('user', models.F('delegate')), _negated=True), name='clinic_delegation_two'),
        ),
        migrations.AddConstraint(
            model_name='delegation',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('entered_in_error_at', None)), expressions=[('user', '='), (clinic.models.coverages.DateRange('period_start', 'period_end', models.Value('[]')), '&&')], name='clinic_delegation_one'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='delegation',
            trigger=pgtrigger.compiler.Trigger(name='audit_guard', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n    PERFORM audit_require(\n        TG_OP, 'clinic.delegation',\n        CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END,\n        CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END,\n        '{last_login,password,updated_at}'::text[]\n    );\n    RETURN NULL;\n", hash='83268ef1c27c46cddb0c10301de43d01058188cc', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_guard_31da3', table='clinic_delegation', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='device',
            index=models.Index(fields=['patient'], name='clinic_device_patient'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('code', ''), ('system', '')), models.Q(models.Q(('code', ''), _negated=True), models.Q(('system', ''), _negated=True)), _connector='OR'), models.Q(('display', ''), _negated=True)), name='clinic_device_coded'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('entered_in_error_at__isnull', True), ('entered_in_error_by__isnull', True), ('entered_in_error_reason', '')), models.Q(('entered_in_error_at__isnull', False), ('entered_in_error_by__isnull', False), models.Q(('entered_in_error_reason', ''), _negated=True)), _connector='OR'), name='clinic_device_error_paired'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['active', 'inactive', 'unknown'])), name='clinic_device_status'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.CheckConstraint(condition=models.Q(('removed_on__isnull', True), ('removed_on__gte', models.F('implanted_on')), ('implanted_on__isnull', True), _connector='OR'), name='clinic_device_period'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('udi', ''), _negated=True), models.Q(('device_identifier', ''), ('issuer', '')), _connector='OR'), name='clinic_device_parts'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.UniqueConstraint(condition=models.Q(models.Q(('udi', ''), _negated=True), models.Q(('serial_number', ''), _negated=True), ('entered_in_error_at', None)), fields=('patient', 'udi'), name='clinic_device_once'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='device',
            trigger=pgtrigger.compiler.Trigger(name='visit_open', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NEW.encounter_id IS NULL OR TG_OP = 'UPDATE' AND NEW.encounter_id IS NOT DISTINCT FROM OLD.encounter_id THEN\n        RETURN NEW;\n    END IF;\n    PERFORM FROM clinic_encounter WHERE id = NEW.encounter_id FOR KEY SHARE;\n    IF EXISTS (\n        SELECT FROM clinic_note\n        WHERE encounter_id = NEW.encounter_id AND signed_at IS NOT NULL AND entered_in_error_at IS NULL\n        AND type <> '34746-8'\n    ) THEN\n        RAISE EXCEPTION 'The visit is closed by its signed note: nothing is attached to it any more.'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'clinic_visit_closed';\n    END IF;\n    RETURN NEW;\n", hash='f0401c41d9d2d7e2830090a32b187564aebfb15b', operation='INSERT OR UPDATE', pgid='pgtrigger_visit_open_34f4b', table='clinic_device', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='device',
            trigger=pgtrigger.compiler.Trigger(name='audit_guard', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n    PERFORM audit_require(\n        TG_OP, 'clinic.device',\n        CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END,\n        CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END,\n        '{last_login,password,updated_at}'::text[]\n    );\n    RETURN NULL;\n", hash='7c17024d846a3512711845d1317881263d0c46fd', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_guard_91239', table='clinic_device', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='familymemberhistory',
            index=models.Index(fields=['patient'], name='clinic_family_patient'),
        ),
        migrations.AddConstraint(
            model_name='familymemberhistory',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('code', ''), ('system', '')), models.Q(models.Q(('code', ''), _negated=True), models.Q(('system', ''), _negated=True)), _connector='OR'), models.Q(('display', ''), _negated=True)), name='clinic_familymemberhistory_coded'),
        ),
        migrations.AddConstraint(
            model_name='familymemberhistory',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('entered_in_error_at__isnull', True), ('entered_in_error_by__isnull', True), ('entered_in_error_reason', '')), models.Q(('entered_in_error_at__isnull', False), ('entered_in_error_by__isnull', False), models.Q(('entered_in_error_reason', ''), _negated=True)), _connector='OR'), name='clinic_familymemberhistory_error_paired'),
        ),
        migrations.AddConstraint(
            model_name='familymemberhistory',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['completed', 'health-unknown'])), name='clinic_family_status'),
        ),
        migrations.AddConstraint(
            model_name='familymemberhistory',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('none_known', True), ('relationship', '')), models.Q(('none_known', False), ('relationship__in', ['NMTH', 'NFTH', 'NSIS', 'NBRO', 'DAUC', 'SONC', 'MGRMTH', 'MGRFTH', 'PGRMTH', 'PGRFTH', 'MAUNT', 'MUNCLE', 'PAUNT', 'PUNCLE', 'FAMMEMB'])), _connector='OR'), name='clinic_family_whose'),
        ),
        migrations.AddConstraint(
            model_name='familymemberhistory',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('onset_age', None), ('onset_age__lte', 120), _connector='OR'), models.Q(('death_age', None), ('death_age__lte', 120), _connector='OR')), name='clinic_family_ages'),
        ),
        migrations.AddConstraint(
            model_name='familymemberhistory',
            constraint=models.CheckConstraint(condition=models.Q(('death_age', None), ('deceased', True), _connector='OR'), name='clinic_family_dead'),
        ),
        migrations.AddConstraint(
            model_name='familymemberhistory',
            constraint=models.UniqueConstraint(condition=models.Q(('entered_in_error_at', None), ('none_known', True)), fields=('patient',), name='clinic_family_none_once'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='familymemberhistory',
            trigger=pgtrigger.compiler.Trigger(name='visit_open', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NEW.encounter_id IS NULL OR TG_OP = 'UPDATE' AND NEW.encounter_id IS NOT DISTINCT FROM OLD.encounter_id THEN\n        RETURN NEW;\n    END IF;\n    PERFORM FROM clinic_encounter WHERE id = NEW.encounter_id FOR KEY SHARE;\n    IF EXISTS (\n        SELECT FROM clinic_note\n        WHERE encounter_id = NEW.encounter_id AND signed_at IS NOT NULL AND entered_in_error_at IS NULL\n        AND type <> '34746-8'\n    ) THEN\n        RAISE EXCEPTION 'The visit is closed by its signed note: nothing is attached to it any more.'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'clinic_visit_closed';\n    END IF;\n    RETURN NEW;\n", hash='9d5786605076f2e553a77dbafac5ac106a739c20', operation='INSERT OR UPDATE', pgid='pgtrigger_visit_open_da886', table='clinic_familymemberhistory', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='familymemberhistory',
            trigger=pgtrigger.compiler.Trigger(name='audit_guard', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n    PERFORM audit_require(\n        TG_OP, 'clinic.familymemberhistory',\n        CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END,\n        CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END,\n        '{last_login,password,updated_at}'::text[]\n    );\n    RETURN NULL;\n", hash='9361bbd4e8ddd1471190840abebdba4769f5073e', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_guard_133d9', table='clinic_familymemberhistory', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='goal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('entered_in_error_at__isnull', True), ('entered_in_error_by__isnull', True), ('entered_in_error_reason', '')), models.Q(('entered_in_error_at__isnull', False), ('entered_in_error_by__isnull', False), models.Q(('entered_in_error_reason', ''), _negated=True)), _connector='OR'), name='clinic_goal_error_paired'),
        ),
        migrations.AddConstraint(
            model_name='goal',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['proposed', 'active', 'on-hold', 'completed', 'cancelled'])), name='clinic_goal_status'),
        ),
        migrations.AddConstraint(
            model_name='goal',
            constraint=models.CheckConstraint(condition=models.Q(('achievement', ''), ('achievement__in', ['in-progress', 'improving', 'worsening', 'no-change', 'achieved', 'not-achieved']), _connector='OR'), name='clinic_goal_achievement'),
        ),
        migrations.AddConstraint(
            model_name='goal',
            constraint=models.CheckConstraint(condition=models.Q(('due_date__isnull', True), ('due_date__gte', models.F('start_date')), ('start_date__isnull', True), _connector='OR'), name='clinic_goal_period'),
        ),
        migrations.AddConstraint(
            model_name='goal',
            constraint=models.CheckConstraint(condition=models.Q(('description__regex', '\\S')), name='clinic_goal_words'),
        ),
        migrations.AddConstraint(
            model_name='goal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('target_high', None), ('target_low', None)), models.Q(('measure_code', ''), _negated=True), _connector='OR'), name='clinic_goal_measure'),
        ),
        migrations.AddConstraint(
            model_name='goal',
            constraint=models.CheckConstraint(condition=models.Q(('target_low', None), ('target_high', None), ('target_low__lte', models.F('target_high')), _connector='OR'), name='clinic_goal_bounds'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='goal',
            trigger=pgtrigger.compiler.Trigger(name='audit_guard', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n    PERFORM audit_require(\n        TG_OP, 'clinic.goal',\n        CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END,\n        CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END,\n        '{last_login,password,updated_at}'::text[]\n    );\n    RETURN NULL;\n", hash='4ef5b0bfa9ec6e9f34b942d59589daffdf377f01', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_guard_49d63', table='clinic_goal', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='lettertemplate',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['referral', 'work', 'school', 'results', 'recall', 'appeal', 'other'])), name='clinic_letter_template_kind'),
        ),
        migrations.AddConstraint(
            model_name='lettertemplate',
            constraint=models.CheckConstraint(condition=models.Q(('body__regex', '\\S')), name='clinic_letter_template_words'),
        ),
        migrations.AddConstraint(
            model_name='lettertemplate',
            constraint=models.UniqueConstraint(condition=models.Q(('active', True)), fields=('name', 'language'), name='clinic_letter_template_once'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='lettertemplate',
            trigger=pgtrigger.compiler.Trigger(name='audit_guard', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n    PERFORM audit_require(\n        TG_OP, 'clinic.lettertemplate',\n        CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END,\n        CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END,\n        '{last_login,password,updated_at}'::text[]\n    );\n    RETURN NULL;\n", hash='29c4064a6a7e03d543e4683cc9cf87234d24c798', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_guard_a071b', table='clinic_lettertemplate', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='letter',
            index=models.Index(fields=['patient', '-created_at'], name='clinic_letter_patient'),
        ),
        migrations.AddConstraint(
            model_name='letter',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('entered_in_error_at__isnull', True), ('entered_in_error_by__isnull', True), ('entered_in_error_reason', '')), models.Q(('entered_in_error_at__isnull', False), ('entered_in_error_by__isnull', False), models.Q(('entered_in_error_reason', ''), _negated=True)), _connector='OR'), name='clinic_letter_error_paired'),
        ),
        migrations.AddConstraint(
            model_name='letter',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['preliminary', 'final', 'entered-in-error'])), name='clinic_letter_status'),
        ),
        migrations.AddConstraint(
            model_name='letter',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['referral', 'work', 'school', 'results', 'recall', 'appeal', 'other'])), name='clinic_letter_kind'),
        ),
        migrations.AddConstraint(
            model_name='letter',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('signed_at__isnull', True), ('signed_by__isnull', True)), models.Q(('signed_at__isnull', False), ('signed_by__isnull', False)), _connector='OR'), name='clinic_letter_signed'),
        ),
        migrations.AddConstraint(
            model_name='letter',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('document', None), ('signed_at', None), ('status__in', ['preliminary', 'entered-in-error'])), models.Q(('body__regex', '\\S'), ('document__isnull', False), ('signed_at__isnull', False), models.Q(('status', 'preliminary'), _negated=True)), _connector='OR'), name='clinic_letter_whole'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='letter',
            trigger=pgtrigger.compiler.Trigger(name='visit_open', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NEW.encounter_id IS NULL OR TG_OP = 'UPDATE' AND NEW.encounter_id IS NOT DISTINCT FROM OLD.encounter_id THEN\n        RETURN NEW;\n    END IF;\n    PERFORM FROM clinic_encounter WHERE id = NEW.encounter_id FOR KEY SHARE;\n    IF EXISTS (\n        SELECT FROM clinic_note\n        WHERE encounter_id = NEW.encounter_id AND signed_at IS NOT NULL AND entered_in_error_at IS NULL\n        AND type <> '34746-8'\n    ) THEN\n        RAISE EXCEPTION 'The visit is closed by its signed note: nothing is attached to it any more.'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'clinic_visit_closed';\n    END IF;\n    RETURN NEW;\n", hash='88349201fe4e15de902a4acea143b145f939b1c3', operation='INSERT OR UPDATE', pgid='pgtrigger_visit_open_3c09c', table='clinic_letter', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='letter',
            trigger=pgtrigger.compiler.Trigger(name='signed_is_final', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF OLD.signed_at IS NOT NULL\n        AND (to_jsonb(NEW) - '{patient_id,status,updated_at,entered_in_error_at,entered_in_error_by_id,entered_in_error_reason}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{patient_id,status,updated_at,entered_in_error_at,entered_in_error_by_id,entered_in_error_reason}'::text[]\n        OR NEW.status = 'preliminary')\n    THEN\n        RAISE EXCEPTION 'A signed letter does not change: write another.' USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n", hash='563a1f47a3ac10cc39772bdbebbef4894a8279ae', operation='UPDATE', pgid='pgtrigger_signed_is_final_f82b2', table='clinic_letter', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='letter',
            trigger=pgtrigger.compiler.Trigger(name='audit_guard', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n    PERFORM audit_require(\n        TG_OP, 'clinic.letter',\n        CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END,\n        CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END,\n        '{last_login,password,updated_at}'::text[]\n    );\n    RETURN NULL;\n", hash='dd9e221066f14462c9498f8536aea3c5f119abf9', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_guard_4ecfa', table='clinic_letter', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='taskcomment',
            constraint=models.CheckConstraint(condition=models.Q(('text__regex', '\\S')), name='clinic_task_comment'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='taskcomment',
            trigger=pgtrigger.compiler.Trigger(name='audit_guard', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n    PERFORM audit_require(\n        TG_OP, 'clinic.taskcomment',\n        CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END,\n        CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END,\n        '{last_login,password,updated_at}'::text[]\n    );\n    RETURN NULL;\n", hash='e57e52ed02b8e78b0cb3e440261adf881d3886ed', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_guard_6b9c2', table='clinic_taskcomment', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='taskcomment',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    RAISE EXCEPTION 'clinic_taskcomment is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';\n", hash='948f02c992fe8bb57939c8e2ded16ad1d30d34d2', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_29b61', table='clinic_taskcomment', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='taskcomment',
            trigger=pgtrigger.compiler.Trigger(name='no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    RAISE EXCEPTION 'clinic_taskcomment is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';\n", hash='7d5f96dee92134ddeb415a88f89630efaab80feb', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_no_truncate_d7b74', table='clinic_taskcomment', when='BEFORE')),
        ),
    ]
